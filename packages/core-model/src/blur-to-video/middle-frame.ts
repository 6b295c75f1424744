import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';
import { imagePyramid } from '../layers/resolution.js';
import { COARSEST_LEVEL } from './config.js';
import type { BlurToVideoConfig } from './config.js';
import { declareEncoder } from './encoder.js';
import { declareMiddleDecoder } from './middle-decoder.js';
import type { Decoded } from './middle-decoder.js';
import { declareMotionDecoder } from './motion-decoder.js';
import type { LevelTrajectory } from './motion-decoder.js';
import { declareReblurRefiner } from './reblur-refiner.js';

/** What decides the shape of all that makes the middle frame. */
export type MiddleFrameConfig = Pick<BlurToVideoConfig, 'encoderChannels' | 'finestLevel' | 'middleDecoder' | 'refiner' | 'motionDecoder' | 'reblurRefiner' | 'featureTransformer' | 'residualImages'>;

export interface MiddleFrame {
  /** The encoder's features by level. */
  encoded: Tensor4D[];
  blurredPyramid: Tensor4D[];
  middle: Decoded;
  /** The motion that all frames share, where there is a decoder of it. */
  trajectories: LevelTrajectory[] | undefined;
}

/**
 * Declares what comes before the other frames: the encoder, the middle frame's decoder, the shared motion, and the middle frame again,
 * corrected by blurring it along that motion.
 *
 * @param imageChannels of what the encoder sees; 3: the blurred image alone.
 * @returns a function from the blurred image `[B, H, W, 3]` and what the encoder sees, `[B, H, W, imageChannels]`.
 */
export function declareMiddleFrame(layers: LayerDeclarations, config: MiddleFrameConfig, imageChannels = 3): (blurred: Tensor4D, seen: Tensor4D, weights: NamedTensors) => MiddleFrame {
  const encode = declareEncoder(layers, config.encoderChannels, imageChannels);
  const decodeMiddle = declareMiddleDecoder(layers, config);
  const decodeMotion = config.motionDecoder ? declareMotionDecoder(layers, config) : undefined;
  const refineByReblurring = config.reblurRefiner ? declareReblurRefiner(layers, config) : undefined;

  return (blurred, seen, weights) => {
    const blurredPyramid = imagePyramid(blurred, COARSEST_LEVEL - 1);
    const encoded = encode(seen, weights);
    const decoded = decodeMiddle(encoded, blurredPyramid, weights);
    const trajectories = decodeMotion?.(encoded, decoded, weights);
    const middle = refineByReblurring?.(blurred, decoded, trajectories!, weights) ?? decoded;
    return { encoded, blurredPyramid, middle, trajectories };
  };
}
