import { abs, add, sub } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { imageDistance } from './image-distance.js';

/**
 * The pair-wise order-invariant loss of Jin et al., "Learning to Extract a Video Sequence from a Single
 * Motion-Blurred Image" (2018), of one pair of frames at mirrored times (a, b) with ground truth (A, B), per
 * sample: `mean ||a + b| - |A + B|| + mean ||a - b| - |A - B||`, the same when a and b are exchanged.
 *
 * Each pair may come out in either order, whatever the others do: the frames of one half need not follow each
 * other.
 *
 * @param frames restored, `[B, H, W, 3]` each.
 * @param gt ground truth, likewise.
 * @returns `[B]`.
 */
export function orderInvariantPairLoss(
  [a, b]: readonly [Tensor4D, Tensor4D],
  [gtA, gtB]: readonly [Tensor4D, Tensor4D],
): Tensor1D {
  const distance = (combine: (x: Tensor4D, y: Tensor4D) => Tensor4D) =>
    imageDistance(abs(combine(a, b)), abs(combine(gtA, gtB)), 'l1');
  return add(distance(add), distance(sub));
}
