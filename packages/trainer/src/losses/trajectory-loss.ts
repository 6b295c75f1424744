import { abs, add, addN, avgPool, div, mean, mul, neg, sub } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

/** Motions smaller than this weigh by their error in pixels, larger ones by their relative error. */
const SMALL_MOTION_PIXELS = 1;

/**
 * How far the restored motion is from the true one, where synthesis knows it (ours; the paper learns motion from the
 * photometric loss alone). Per sample: the mean distance of the first and the last frame's motions from the truth,
 * divided by the mean length of the truth plus one pixel, so that every sample has an equal say whatever its blur.
 *
 * @param motionsPixels of the network: where the scene is in each frame against the middle one, `[B, h, w, 2]`, full-resolution pixels.
 * @param gtMotionPixels `[B, H, W, 2]`, displacement from the middle to the last frame; the opposite leads to the first.
 * @returns `[B]`.
 */
export function motionLoss(motionsPixels: readonly Tensor4D[], gtMotionPixels: Tensor4D): Tensor1D {
  const [first, last] = [motionsPixels[0]!, motionsPixels.at(-1)!];
  const factor = gtMotionPixels.shape[1] / last.shape[1];
  const gt = factor === 1 ? gtMotionPixels : avgPool(gtMotionPixels, factor, factor, 'valid');
  const distance = (motion: Tensor4D, truth: Tensor4D): Tensor1D => mean(abs(sub(motion, truth)), [1, 2, 3]);
  const length = add(mean<Tensor1D>(abs(gt), [1, 2, 3]), SMALL_MOTION_PIXELS);
  return div(mul(addN([distance(first, neg(gt)), distance(last, gt)]), 0.5), length);
}
