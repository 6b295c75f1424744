import { add, mul, neg } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { PhotoRestoration } from '@unblur/core-model';
import { expectMotion, lossInOrder } from '../losses/frame-order.js';
import type { FrameOrder, SequenceLoss } from '../losses/frame-order.js';
import { photometricLoss } from '../losses/photometric-loss.js';
import { trajectoryLoss } from '../losses/trajectory-loss.js';
import type { GroundTruth } from '../sample-batch.js';
import type { LossTerms } from '../training-system.js';

export interface PhotoLossConfig {
  /** Added to the mean squared error of a frame before its logarithm is taken, so that a frame that is all but exact earns little more. */
  epsilon: number;
  /** Weights of the photometric loss per frame in time order. */
  frameWeights: number[];
  /** Weight of the trajectory's error against the true motion; 0 leaves it out. Samples whose motion is not known have none. */
  motion: number;
}

/**
 * What the photo network learns from: the photometric loss, the weighted mean over the frames of log(mean squared error + epsilon), plus the error
 * of the trajectory where the true motion is known. Mean over the batch.
 *
 * @param restored frames and motions at `times`.
 * @param times of the true frames, evenly from -1 to 1.
 * @returns the total and every term that has a weight, by name, unweighted but for `total`.
 * @throws if the loss needs the motion and `gt` has none.
 */
export function photoLoss(restored: Pick<PhotoRestoration, 'frames' | 'motionsPixels'>, times: readonly number[], gt: GroundTruth, order: FrameOrder, config: PhotoLossConfig): LossTerms {
  return lossInOrder(order, gt.motion, (reversed) => sequenceLoss(restored, times, reversed ? reversedInTime(gt) : gt, config));
}

function sequenceLoss({ frames, motionsPixels }: Pick<PhotoRestoration, 'frames' | 'motionsPixels'>, times: readonly number[], gt: GroundTruth, { epsilon, frameWeights, motion: weight }: PhotoLossConfig): SequenceLoss {
  const atFullSize = (images: readonly Tensor4D[]) => images.map((image) => [image]);
  const photometric = photometricLoss(atFullSize(frames), atFullSize(gt.frames), { norm: 'log-l2', epsilon, levelWeights: [1], frameWeights });
  if (weight === 0) return { total: photometric, photometric };
  expectMotion(gt.motion);
  const motion = mul<Tensor1D>(trajectoryLoss(motionsPixels, times, gt.motion.pixels), gt.motion.known);
  return { total: add(photometric, mul(motion, weight)), photometric, motion };
}

function reversedInTime({ frames, motion }: GroundTruth): GroundTruth {
  return { frames: frames.toReversed(), ...(motion && { motion: { ...motion, pixels: neg(motion.pixels) } }) };
}
