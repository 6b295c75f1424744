import { abs, avgPool, mean, mul, pad, sub } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** The mean of an image's colours, `[B, H, W, 3]` to `[B, H, W, 1]`: motion shows alike in all of them. */
export function luminance(image: Tensor4D): Tensor4D {
  return mean(image, 3, true);
}

/**
 * The mean of every channel over the box around every pixel of `[B, H, W, C]`; what lies outside the image
 * counts as 0. @param sidePixels odd.
 */
export function boxMean(x: Tensor4D, sidePixels: number): Tensor4D {
  const margin: [number, number] = [(sidePixels - 1) / 2, (sidePixels - 1) / 2];
  return avgPool(pad(x, [[0, 0], margin, margin, [0, 0]]), sidePixels, 1, 'valid');
}

/** Brings differences of images, a few hundredths, to the size of features. */
const differenceScale = 10;

/**
 * How much two images `[B, H, W, 3]` differ in each cell of a level: ten times the mean absolute difference
 * over its colours and pixels, `[B, H/2^level, W/2^level, 1]`.
 */
export function meanDifference(a: Tensor4D, b: Tensor4D, level: number): Tensor4D {
  const difference = mean<Tensor4D>(abs(sub(a, b)), 3, true);
  return mul(avgPool(difference, 2 ** level, 2 ** level, 'valid'), differenceScale);
}
