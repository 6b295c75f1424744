import { add, concat, mul, slice } from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';
import { resizeFlow } from '../layers/resolution.js';
import { COARSEST_LEVEL } from './config.js';
import type { BlurToVideoConfig } from './config.js';
import type { LevelMotion } from './feature-transformer.js';
import { middleFeatureChannels } from './middle-decoder.js';
import type { Decoded, MiddleDecoderConfig } from './middle-decoder.js';
import { declareSpatialTransformer } from './spatial-transformer.js';

/**
 * Where every point goes during the exposure: at time t, -1 at the first frame, 0 at the middle and 1 at the last one,
 * it is displaced by `t * velocity + t^2 * acceleration` (as `warp` takes displacements: from frame to middle).
 */
export interface LevelTrajectory {
  level: number;
  /** `[B, 2, 3]`; see `affineDisplacement`. */
  affineVelocity: Tensor3D | undefined;
  /** `[B, h, w, 2]`, pixels of the level. */
  velocityPixels: Tensor4D | undefined;
  accelerationPixels: Tensor4D | undefined;
}

/**
 * The motion that all frames share (ours; in the paper every frame's decoder finds its own): from coarse to fine, each
 * level sees the encoder's and the middle decoder's feature and corrects the trajectory of the level above, a spatial
 * transformer for the camera's motion beside a flow for everything else.
 *
 * A blurred image shows the path of a point but not which end came first; one trajectory makes all frames agree on it,
 * and a single motion is learned from all of them.
 *
 * @returns a function to the trajectories of the decoder's levels, coarsest first.
 */
export function declareMotionDecoder(
  layers: LayerDeclarations,
  config: MiddleDecoderConfig & Pick<BlurToVideoConfig, 'motionDecoder' | 'featureTransformer'>,
): (encoded: Tensor4D[], middle: Decoded, weights: NamedTensors) => LevelTrajectory[] {
  const { encoderChannels, motionDecoder, featureTransformer } = config;
  const { upscaledChannels, denseChannels } = motionDecoder!;
  const levels = Array.from({ length: COARSEST_LEVEL }, (_, index) => COARSEST_LEVEL - 1 - index).filter((level) => denseChannels[level]!.length > 0);

  let from = encoderChannels[COARSEST_LEVEL - 1]!;
  const blocks = levels.map((level) => {
    const upscale = layers.upscaling(`motion.level${level}.upscale-feature`, { from, to: upscaledChannels[level]!, level });
    const channels = denseChannels[level]!;
    const dense = layers.chain(`motion.level${level}.conv`, { from: upscaledChannels[level]! + encoderChannels[level - 1]! + middleFeatureChannels(config, level), channels, level });
    from = channels.at(-1)!;
    return {
      level,
      upscale,
      dense,
      localize: featureTransformer.affine ? declareSpatialTransformer(layers, `motion.level${level}.stn`, { from, level }) : undefined,
      predictFlow: featureTransformer.localWarping ? layers.convolution(`motion.level${level}.flow`, { from, to: 4, level, activation: 'none', initialization: 'zero' }) : undefined,
    };
  });

  return (encoded, middle, weights) => {
    const trajectories: LevelTrajectory[] = [];
    let feature = encoded[COARSEST_LEVEL]!;
    for (const { level, upscale, dense, localize, predictFlow } of blocks) {
      const coarser = trajectories.at(-1);
      feature = dense(concat([upscale(feature, weights), encoded[level]!, middle.features[level]!], 3), weights);
      const flow = predictFlow?.(feature, weights);
      const affine = localize?.(feature, weights);
      trajectories.push({
        level,
        affineVelocity: affine && coarser?.affineVelocity ? add(coarser.affineVelocity, affine) : affine,
        velocityPixels: flow && addToCoarser(coarser?.velocityPixels, channels(flow, 0)),
        accelerationPixels: flow && addToCoarser(coarser?.accelerationPixels, channels(flow, 2)),
      });
    }
    return trajectories;
  };
}

/** The motion between the middle frame and the frame at a time in [-1, 1]. */
export function motionAtTime({ level, affineVelocity, velocityPixels, accelerationPixels }: LevelTrajectory, time: number): LevelMotion {
  return {
    level,
    ...(affineVelocity && { affine: mul(affineVelocity, time) }),
    ...(velocityPixels && { flowPixels: add(mul(velocityPixels, time), mul(accelerationPixels!, time * time)) }),
  };
}

function addToCoarser(coarserPixels: Tensor4D | undefined, correctionPixels: Tensor4D): Tensor4D {
  return coarserPixels ? add(resizeFlow(coarserPixels, [correctionPixels.shape[1], correctionPixels.shape[2]]), correctionPixels) : correctionPixels;
}

function channels(flow: Tensor4D, first: number): Tensor4D {
  return slice(flow, [0, 0, 0, first], [-1, -1, -1, 2]);
}
