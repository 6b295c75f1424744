import { abs, add, addN, mul, sub } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { imageDistance } from './photometric-loss.js';

/**
 * The pair-wise order-invariant loss of Jin et al., "Learning to Extract a Video Sequence from a Single
 * Motion-Blurred Image" (2018), per sample. For every pair of frames at mirrored times (a, b) with ground
 * truth (A, B): `mean ||a + b| - |A + B|| + mean ||a - b| - |A - B||`, the same when a and b are exchanged;
 * for the middle frame `mean |m - M|`. Mean over pairs and middle frame.
 *
 * Each pair may come out in either order, whatever the others do: the frames of one half need not follow each
 * other.
 *
 * @param frames restored frames in time order, an odd number of `[B, H, W, 3]`.
 * @param gt ground-truth frames in time order, likewise.
 * @returns `[B]`.
 * @throws if the numbers of frames differ or are even.
 */
export function pairwiseOrderInvariantLoss(frames: readonly Tensor4D[], gt: readonly Tensor4D[]): Tensor1D {
  if (frames.length !== gt.length || frames.length % 2 === 0) {
    throw new Error(
      `Expected as many restored as ground-truth frames, an odd number, but received ${frames.length} and ${gt.length}.`,
    );
  }
  const middle = (frames.length - 1) / 2;
  const terms: Tensor1D[] = [imageDistance(frames[middle]!, gt[middle]!, 'l1')];
  for (let first = 0; first < middle; first++) {
    const last = frames.length - 1 - first;
    terms.push(orderInvariantPairLoss([frames[first]!, frames[last]!], [gt[first]!, gt[last]!]));
  }
  return mul(addN(terms), 1 / (middle + 1));
}

/**
 * The part of one pair: two restored frames and their two ground-truth frames, each `[B, H, W, 3]`, in either
 * order. Per sample, `[B]`.
 */
export function orderInvariantPairLoss(
  [a, b]: readonly [Tensor4D, Tensor4D],
  [gtA, gtB]: readonly [Tensor4D, Tensor4D],
): Tensor1D {
  const distance = (combine: (x: Tensor4D, y: Tensor4D) => Tensor4D) =>
    imageDistance(abs(combine(a, b)), abs(combine(gtA, gtB)), 'l1');
  return add(distance(add), distance(sub));
}
