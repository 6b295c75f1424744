import { mean } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** The mean of an image's colours, `[B, H, W, 3]` to `[B, H, W, 1]`: all of them tell of motion alike. */
export function luminance(image: Tensor4D): Tensor4D {
  return mean(image, 3, true);
}
