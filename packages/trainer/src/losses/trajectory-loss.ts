import { add, addN, avgPool, div, mean, mul, sqrt, square, sub, sum } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

/** Motions smaller than this weigh by their error in pixels, larger ones by their relative error. */
const smallMotionPixels = 1;
/** Rounds the distance off at 0, where it has a kink. */
const smoothingPixels = 0.1;

/**
 * How far the trajectory is from the true motion, where synthesis knows it (ours; Argaw et al. 2021 learn
 * motion from the photometric loss alone). Per sample: the distance of the restored motion from the true one,
 * `sqrt(dx^2 + dy^2 + 0.1^2)`, mean over all frames and places, divided by the mean length of the true one
 * plus one pixel, so that every sample has an equal say whatever its blur.
 *
 * @param motionsPixels one per frame: displacement of the scene from the middle frame to that frame, `[B, h,
 * w, 2]` in pixels of the photograph.
 * @param gtMotionsPixels the true ones.
 * @returns `[B]`.
 */
export function trajectoryLoss(
  motionsPixels: readonly Tensor4D[],
  gtMotionsPixels: readonly Tensor4D[],
): Tensor1D {
  const meanOf = (distances: Tensor1D[]) => mul<Tensor1D>(addN(distances), 1 / distances.length);
  const meanLength = add(
    meanOf(gtMotionsPixels.map((motion) => meanDistance(motion, 0))),
    smallMotionPixels,
  ) as Tensor1D;
  return div(
    meanOf(
      motionsPixels.map((motion, index) =>
        meanDistance(sub(motion, gtMotionsPixels[index]!), smoothingPixels),
      ),
    ),
    meanLength,
  );
}

/**
 * The true motions at some times, of which a sample knows how far the scene goes from the middle to the last
 * frame: in between it is taken to be even.
 *
 * @param lastPixels `[B, H, W, 2]`, displacement from the middle to the last frame.
 * @param times of the frames, from -1 (the first) over 0 (the middle one) to 1 (the last).
 * @param rows h, of which H is a multiple.
 * @returns one per time, `[B, h, w, 2]`: means over squares.
 */
export function evenMotions(lastPixels: Tensor4D, times: readonly number[], rows: number): Tensor4D[] {
  const motion = meanOfSquares(lastPixels, lastPixels.shape[1] / rows);
  return times.map((time) => mul(motion, time));
}

/** A motion `[B, H, W, 2]` on a coarser grid, `[B, H/side, W/side, 2]`: the mean of every square. */
export function meanOfSquares(motionPixels: Tensor4D, side: number): Tensor4D {
  return side === 1 ? motionPixels : avgPool(motionPixels, side, side, 'valid');
}

/** Mean length of vectors `[B, h, w, 2]`, per sample: `[B]`. */
function meanDistance(vectors: Tensor4D, smoothPixels: number): Tensor1D {
  return mean(sqrt(add(sum(square(vectors), 3), smoothPixels ** 2)), [1, 2]);
}
