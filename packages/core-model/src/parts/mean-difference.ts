import { abs, avgPool, mean, mul, sub } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** Brings differences of images, a few hundredths, to the size of features. */
const scale = 10;

/**
 * How much two images `[B, H, W, 3]` differ in each cell of a level: ten times the mean absolute difference
 * over its colours and pixels, `[B, H/2^level, W/2^level, 1]`.
 */
export function meanDifference(a: Tensor4D, b: Tensor4D, level: number): Tensor4D {
  const difference = mean<Tensor4D>(abs(sub(a, b)), 3, true);
  return mul(avgPool(difference, 2 ** level, 2 ** level, 'valid'), scale);
}
