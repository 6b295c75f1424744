import { concat, exp, mul, sqrt, square, sub, sum } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { boxMean } from './image-statistics.js';
import { stopGradient } from './stop-gradient.js';

/** Side of the patches that are compared, in pixels. */
const patchPixels = 5;

/**
 * `root`: `exp(-sqrt(sum of squared differences of patch means / 2))`, as the authors' program has it;
 * `squared`: `exp(-1/2 sum of squared differences over the patch)`, the paper's Eq. 10 and 11.
 */
export type PriorForm = 'root' | 'squared';

/** A neighbour warped onto the centre frame, and where it is seen. */
export interface WarpedFrame {
  warped: Tensor4D;
  mask: Tensor4D;
}

/**
 * The temporal sharpness prior S (Pan et al. 2020, section 3.3): near 1 where a pixel of the centre frame
 * looks like the pixels that it moved from and to, which sharp pixels do; 0 where a neighbour does not show
 * it. No gradient flows through it.
 *
 * @param previous, next neighbours `[B, H, W, 3]` warped onto `centre`, their masks `[B, H, W, 1]`.
 * @returns `[B, H, W, 1]` in [0, 1].
 */
export function sharpnessPrior(
  form: PriorForm,
  previous: WarpedFrame,
  centre: Tensor4D,
  next: WarpedFrame,
): Tensor4D {
  return stopGradient(
    [previous.warped, previous.mask, centre, next.warped, next.mask],
    (before, beforeMask, middle, after, afterMask) => {
      const differences = concat([sub(before, middle), sub(after, middle)], 3) as Tensor4D;
      const distance =
        form === 'root'
          ? sqrt(mul(sumOfSquares(boxMean(differences, patchPixels)), 0.5))
          : mul(boxMean(sumOfSquares(differences), patchPixels), 0.5 * patchPixels ** 2);
      return mul(exp(mul(distance, -1)), mul(beforeMask, afterMask)) as Tensor4D;
    },
  );
}

/** Over both neighbours and RGB: `[B, H, W, 1]`. */
function sumOfSquares(differences: Tensor4D): Tensor4D {
  return sum(square(differences), 3, true);
}
