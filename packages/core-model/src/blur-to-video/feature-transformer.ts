import { add, concat } from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';
import { affineDisplacement, warp } from '../layers/motion-field.js';
import { resizeFlow } from '../layers/resolution.js';
import type { FeatureTransformerConfig } from './config.js';
import { declareSpatialTransformer } from './spatial-transformer.js';

/** Motion from one frame to the middle of the exposure, as one level sees it. */
export interface LevelMotion {
  /** `[B, 2, 3]`, full-resolution pixels about the image centre; see `affineDisplacement`. */
  affine?: Tensor3D;
  /** `[B, h, w, 2]`, pixels of the level; what local warping adds to the affine motion. */
  flowPixels?: Tensor4D;
  level: number;
}

export interface FeatureTransformer {
  transform(
    inputs: { moved: Tensor4D; encoded: Tensor4D; upscaled: Tensor4D; coarser: LevelMotion | undefined },
    weights: NamedTensors,
  ): { transformed: Tensor4D[]; motion: LevelMotion };
}

/**
 * The feature transformer of one frame at one level (FTN, Argaw et al. 2021, section 4.2): a spatial transformer for
 * the global motion beside a local-warping layer that predicts a flow. Each level corrects the motion of the level
 * above, as in PWC-Net (the paper leaves open how levels are linked).
 *
 * @param movedChannels channels of the feature that is moved.
 */
export function declareFeatureTransformer(
  layers: LayerDeclarations,
  name: string,
  { level, config, movedChannels, encodedChannels, upscaledChannels }: { level: number; config: FeatureTransformerConfig; movedChannels: number; encodedChannels: number; upscaledChannels: number },
): FeatureTransformer {
  const localize = config.affine ? declareSpatialTransformer(layers, `${name}.stn`, { from: encodedChannels, level }) : undefined;
  const predictFlow = config.localWarping
    ? layers.convolution(`${name}.flow`, { from: movedChannels + upscaledChannels, to: 2, level, activation: 'none', initialization: 'zero' })
    : undefined;

  return {
    transform: ({ moved, encoded, upscaled, coarser }, weights) => {
      const size: [number, number] = [moved.shape[1], moved.shape[2]];
      const motion: LevelMotion = { level };
      if (localize) {
        const correction = localize(encoded, weights);
        motion.affine = coarser?.affine ? add(coarser.affine, correction) : correction;
      }
      if (predictFlow) {
        const correction = predictFlow(concat([moved, upscaled], 3), weights);
        motion.flowPixels = coarser?.flowPixels ? add(resizeFlow(coarser.flowPixels, size), correction) : correction;
      }
      const transformed =
        config.combination === 'sum'
          ? [warp(moved, displacement(motion, size, level)!)]
          : [
              ...(motion.affine ? [warp(moved, affineDisplacement(motion.affine, size, level))] : []),
              ...(motion.flowPixels ? [warp(moved, motion.flowPixels)] : []),
            ];
      return { transformed, motion };
    },
  };
}

/** How many warped features `transform` returns. */
export function transformedCount(config: FeatureTransformerConfig): number {
  return config.combination === 'sum' ? Math.min(1, Number(config.affine) + Number(config.localWarping)) : Number(config.affine) + Number(config.localWarping);
}

/** The whole displacement of a motion, `[B, h, w, 2]` in pixels of any level of that size; undefined if it has no part. */
export function displacement(motion: LevelMotion, size: [number, number], level: number): Tensor4D | undefined {
  const global = motion.affine && affineDisplacement(motion.affine, size, level);
  const local = motion.flowPixels && resizeFlow(motion.flowPixels, size);
  return global && local ? add(global, local) : (global ?? local);
}
