import { addN, minimum, mul, neg, scalar } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { imageDistance } from './image-distance.js';

/**
 * Symmetric penalty (Argaw et al. 2021, Eq. 5), per sample: minus the mean absolute difference between a
 * restored frame and the ground truth of the frame at the mirrored time, `-mean over i != middle of mean
 * |frames[i] - gt[N-1-i]|`, which pushes the two ends of the sequence apart. The paper sums where we take
 * means, so that the weight does not depend on the image size. Compared at full resolution.
 *
 * Unbounded below as the paper writes it: an image far outside [0, 1] is rewarded without end. Keep its
 * weight well below that of the photometric loss, or give a bound.
 *
 * @param frames restored frames in time order, `[B, H, W, 3]`.
 * @param gt ground-truth frames in time order, likewise.
 * @param bound a frame further than this from its mirrored ground truth earns no more; `null`: as in the
 * paper.
 * @returns `[B]`, never positive.
 */
export function symmetricPenalty(
  frames: readonly Tensor4D[],
  gt: readonly Tensor4D[],
  bound: number | null,
): Tensor1D {
  const middle = (frames.length - 1) / 2;
  const distances = frames.flatMap((frame, index) => {
    if (index === middle) return [];
    const distance = imageDistance(frame, gt[frames.length - 1 - index]!, 'l1');
    return [bound === null ? distance : minimum<Tensor1D>(distance, scalar(bound))];
  });
  return neg(mul(addN(distances), 1 / distances.length));
}
