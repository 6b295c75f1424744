import { add, addN, mean, mul } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { RestoredFrame } from '@unblur/core-model';
import { photometricLoss } from '../../losses/photometric-loss.js';
import { meanOfSquares, trajectoryLoss } from '../../losses/trajectory-loss.js';
import type { LossTerms } from '../../training-system.js';
import type { ClipRun } from './clip-run.js';

/** A true window, in time order. */
export interface TrueWindow {
  /** The frames that have neighbours: all but the first and the last of the window, `[B, S, S, 3]`. */
  frames: readonly Tensor4D[];
  /**
   * Displacement of the scene from the middle frame to every frame of the window, `[B, S/4, S/4, 2]` in
   * pixels: what the middle frame shows at p, the other shows at p + displacement. Empty where the loss leaves
   * motion out.
   */
  motionsPixels: readonly Tensor4D[];
  /** `[B]`: 1 where the motion is known. */
  motionKnown: Tensor1D;
}

/**
 * What the clip network learns from: log(mean squared error + epsilon) of the frames of every pass, and the
 * error of the motion that the first pass finds around the middle frame, where the true one is known: of the
 * finest level, and the mean of the coarser ones, since the finer can only find what these leave (Sun et al.
 * 2018, Eq. 5). Mean over the batch.
 *
 * @param passes as `ClipNetwork.deblur` returns them.
 * @returns the total and its terms by name, unweighted but for `total`.
 */
export function clipLoss(
  passes: readonly RestoredFrame[][],
  gt: TrueWindow,
  { epsilon, motion: motionWeight, firstPass }: ClipRun['loss'],
): LossTerms {
  const photometric = addN(
    passes.map((restored, pass) => {
      const first = (gt.frames.length - restored.length) / 2;
      const distance = photometricLoss(
        restored.map(({ image }) => [image]),
        gt.frames.slice(first, first + restored.length).map((frame) => [frame]),
        { norm: 'log-l2', epsilon, levelWeights: [1], frameWeights: restored.map(() => 1) },
      );
      return mul<Tensor1D>(distance, pass === passes.length - 1 ? 1 : firstPass);
    }),
  ) as Tensor1D;
  const total = mean(photometric) as Scalar;
  if (motionWeight === 0) return { total, photometric: total };
  const [firstRestored] = passes;
  const { motionsPixels: foundByLevel } = firstRestored![(firstRestored!.length - 1) / 2]!;
  const [middle, reach] = [(gt.motionsPixels.length - 1) / 2, foundByLevel[0]!.length / 2];
  const trueMotions = gt.motionsPixels.filter(
    (_, frame) => frame !== middle && Math.abs(frame - middle) <= reach,
  );
  const distances = foundByLevel.map((found) => {
    const stride = trueMotions[0]!.shape[1] / found[0]!.shape[1];
    const distance = trajectoryLoss(
      found,
      trueMotions.map((motion) => meanOfSquares(motion, stride)),
    );
    return mean(mul(distance, gt.motionKnown)) as Scalar;
  });
  const motion = distances.at(-1)!;
  const coarseMotion = mul<Scalar>(addN(distances.slice(0, -1)), 1 / (distances.length - 1));
  return {
    total: add(total, mul(add(motion, coarseMotion), motionWeight)),
    photometric: total,
    motion,
    coarseMotion,
  };
}
