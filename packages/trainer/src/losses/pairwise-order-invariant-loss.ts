import { abs, add, addN, mul, sub } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { imageDistance } from './photometric-loss.js';

/**
 * The pair-wise order-invariant loss of Jin et al., "Learning to Extract a Video Sequence from a Single Motion-Blurred
 * Image" (2018), per sample. For every pair of frames at mirrored times (a, b) with ground truth (A, B):
 * `mean ||a + b| - |A + B|| + mean ||a - b| - |A - B||`, the same when a and b are exchanged; for the middle frame
 * `mean |m - M|`. Mean over pairs and middle frame.
 *
 * Each pair may come out in either order, whatever the others do: the frames of one half need not follow each other.
 *
 * @param frames restored frames in time order, an odd number of `[B, H, W, 3]`.
 * @param gt ground-truth frames in time order, likewise.
 * @returns `[B]`.
 * @throws if the numbers of frames differ or are even.
 */
export function pairwiseOrderInvariantLoss(frames: readonly Tensor4D[], gt: readonly Tensor4D[]): Tensor1D {
  if (frames.length !== gt.length || frames.length % 2 === 0) {
    throw new Error(`Expected as many restored as ground-truth frames, an odd number, but received ${frames.length} and ${gt.length}.`);
  }
  const middle = (frames.length - 1) / 2;
  const terms: Tensor1D[] = [imageDistance(frames[middle]!, gt[middle]!, 'l1')];
  for (let first = 0; first < middle; first++) {
    const last = frames.length - 1 - first;
    for (const combine of [add<Tensor4D>, sub<Tensor4D>]) {
      terms.push(imageDistance(abs(combine(frames[first]!, frames[last]!)), abs(combine(gt[first]!, gt[last]!)), 'l1'));
    }
  }
  return mul(addN(terms), 1 / (middle + 1));
}
