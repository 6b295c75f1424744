import { add, addN, avgPool, div, mean, mul, sqrt, square, sub, sum } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

/** Motions smaller than this weigh by their error in pixels, larger ones by their relative error. */
const SMALL_MOTION_PIXELS = 1;
/** Rounds the distance off at 0, where it has a kink. */
const SMOOTH_PIXELS = 0.1;

/**
 * How far the trajectory is from the true motion, where synthesis knows it (ours; Argaw et al. 2021 learn motion from the photometric loss alone).
 * Per sample: the distance of the restored motion from the true one, `sqrt(dx^2 + dy^2 + 0.1^2)`, mean over all frames and places, divided by the
 * mean length of the true one plus one pixel, so that every sample has an equal say whatever its blur. Of the true motion the samples
 * know how far the scene goes from the middle to the last frame; in between it is taken to be even.
 *
 * @param motionsPixels one per time: displacement of the scene from the middle frame to that frame, `[B, h, w, 2]` in pixels of the photograph.
 * @param times of the frames, from -1 (the first) over 0 (the middle one) to 1 (the last).
 * @param gtMotionPixels `[B, H, W, 2]`, displacement from the middle to the last frame; H and W are one multiple of h and w.
 * @returns `[B]`.
 */
export function trajectoryLoss(motionsPixels: readonly Tensor4D[], times: readonly number[], gtMotionPixels: Tensor4D): Tensor1D {
  const stride = gtMotionPixels.shape[1] / motionsPixels[0]!.shape[1];
  const gt = stride === 1 ? gtMotionPixels : avgPool(gtMotionPixels, stride, stride, 'valid');
  const meanTime = times.reduce((total, time) => total + Math.abs(time), 0) / times.length;
  const meanLength = add(mul(meanDistance(gt, 0), meanTime), SMALL_MOTION_PIXELS) as Tensor1D;
  const distances = motionsPixels.map((motion, index) => meanDistance(sub(motion, mul(gt, times[index]!)), SMOOTH_PIXELS));
  return div(mul(addN(distances), 1 / times.length), meanLength);
}

/** Mean length of vectors `[B, h, w, 2]`, per sample: `[B]`. */
function meanDistance(vectors: Tensor4D, smoothPixels: number): Tensor1D {
  return mean(sqrt(add(sum(square(vectors), 3), smoothPixels ** 2)), [1, 2]);
}
