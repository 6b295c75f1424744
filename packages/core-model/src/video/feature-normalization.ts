import { add, div, mean, sqrt, square, sub } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** Added to the variance: what is flat stays near zero. */
const varianceFloor = 1e-3;

/**
 * Features `[B, h, w, C]` with mean 0 and variance 1 over the channels of every pixel, so that a cost volume
 * holds correlations from -1 to 1. Products of plain features differ little from one displacement to the next
 * before they are trained, and a flow network begins to learn much later (Jonschkowski et al. 2020, "What
 * Matters in Unsupervised Optical Flow", section 3.2; they normalize over the whole image, which tiles could
 * not).
 */
export function normalizeChannels(features: Tensor4D): Tensor4D {
  const centred = sub(features, mean(features, 3, true));
  return div(centred, sqrt(add(mean(square(centred), 3, true), varianceFloor)));
}
