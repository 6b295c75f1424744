import { add, avgPool, exp, mul, pad, sqrt, squaredDifference, sum } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { stopGradient } from '../layers/stop-gradient.js';

/** Side of the patches that are compared, in pixels. */
const PATCH_PIXELS = 5;

/** A neighbour warped onto the centre frame, and where it is seen. */
export interface WarpedFrame {
  warped: Tensor4D;
  mask: Tensor4D;
}

/**
 * The temporal sharpness prior S (Pan et al. 2020, section 3.3): near 1 where a pixel of the centre frame looks like the pixels that it
 * moved from and to, which sharp pixels do; 0 where a neighbour does not show it. No gradient flows through it.
 *
 * @param form `root`: `exp(-sqrt(sum of squared differences of patch means / 2))`, as the authors' program has it;
 *   `squared`: `exp(-1/2 sum of squared differences over the patch)`, the paper's Eq. 10 and 11.
 * @param previous, next neighbours `[B, H, W, 3]` warped onto `centre`, their masks `[B, H, W, 1]`.
 * @returns `[B, H, W, 1]` in [0, 1].
 */
export function sharpnessPrior(form: 'root' | 'squared', previous: WarpedFrame, centre: Tensor4D, next: WarpedFrame): Tensor4D {
  const compare = form === 'root' ? rootDistance : squaredDistance;
  return stopGradient([previous.warped, previous.mask, centre, next.warped, next.mask], (before, beforeMask, middle, after, afterMask) => {
    const prior = exp(mul(compare(before, middle, after), -1));
    return mul(prior, mul(beforeMask, afterMask)) as Tensor4D;
  });
}

function rootDistance(before: Tensor4D, middle: Tensor4D, after: Tensor4D): Tensor4D {
  const [beforeMean, middleMean, afterMean] = [before, middle, after].map(patchMean);
  return sqrt(mul(squaredError(beforeMean!, middleMean!, afterMean!), 0.5));
}

function squaredDistance(before: Tensor4D, middle: Tensor4D, after: Tensor4D): Tensor4D {
  return mul(patchMean(squaredError(before, middle, after)), 0.5 * PATCH_PIXELS ** 2);
}

/** Of both neighbours to the centre, summed over RGB: `[B, H, W, 1]`. */
function squaredError(before: Tensor4D, middle: Tensor4D, after: Tensor4D): Tensor4D {
  return sum(add(squaredDifference(before, middle), squaredDifference(after, middle)), 3, true);
}

/** The mean over the patch around every pixel; what lies outside counts as 0. */
function patchMean(x: Tensor4D): Tensor4D {
  const margin: [number, number] = [(PATCH_PIXELS - 1) / 2, (PATCH_PIXELS - 1) / 2];
  return avgPool(pad(x, [[0, 0], margin, margin, [0, 0]]), PATCH_PIXELS, 1, 'valid');
}
