import { avgPool, pad } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/**
 * The mean of every channel over the box around every pixel of `[B, H, W, C]`; what lies outside the image
 * counts as 0. @param sidePixels odd.
 */
export function boxMean(x: Tensor4D, sidePixels: number): Tensor4D {
  const margin: [number, number] = [(sidePixels - 1) / 2, (sidePixels - 1) / 2];
  return avgPool(pad(x, [[0, 0], margin, margin, [0, 0]]), sidePixels, 1, 'valid');
}
