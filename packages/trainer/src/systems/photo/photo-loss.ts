import { add, mul } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { PhotoRestoration } from '@unblur/core-model';
import { expectMotion, lossInKnownOrder, lossInOrder } from '../../losses/frame-order.js';
import type { FrameOrder, SequenceLoss } from '../../losses/frame-order.js';
import { photometricLoss } from '../../losses/photometric-loss.js';
import { evenMotions, trajectoryLoss } from '../../losses/trajectory-loss.js';
import type { GroundTruth } from '../samples/sample-batch.js';
import type { LossTerms } from '../../training-system.js';

export interface PhotoLossConfig {
  /**
   * Added to the mean squared error of a frame before its logarithm is taken, so that a frame that is all but
   * exact earns little more.
   */
  epsilon: number;
  /** Weights of the photometric loss per frame in time order. */
  frameWeights: number[];
  /**
   * Weight of the trajectory's error against the true motion; 0 leaves it out. Samples whose motion is not
   * known have none.
   */
  motion: number;
}

type Restored = Pick<PhotoRestoration, 'frames' | 'motionsPixels'>;

/** A true sequence, all in time order. */
interface TrueSequence {
  frames: readonly Tensor4D[];
  /** See `PhotometricOptions`. */
  framesKnown?: readonly Tensor1D[];
  /** Displacement from the middle frame to each, `[B, h, w, 2]`. */
  motionsPixels?: readonly Tensor4D[];
  /** `[B]`: 1 where the motion is known. */
  motionKnown?: Tensor1D;
}

/** What samples that were made on the device that trains really were. */
export interface DeviceGroundTruth extends Required<TrueSequence> {
  /** `[B]`: 1 where the sample was put in the canonical order. */
  orderKnown: Tensor1D;
}

/**
 * What the photo network learns from: the photometric loss, the weighted mean over the frames of log(mean
 * squared error + epsilon), plus the error of the trajectory where the true motion is known. Mean over the
 * batch.
 *
 * @param restored frames and motions at `times`.
 * @param times of the true frames, evenly from -1 to 1.
 * @returns the total and every term that has a weight, by name, unweighted but for `total`.
 * @throws if the loss needs the motion and `gt` has none.
 */
export function photoLoss(
  restored: Restored,
  times: readonly number[],
  { frames, motion }: GroundTruth,
  order: FrameOrder,
  config: PhotoLossConfig,
): LossTerms {
  if (config.motion !== 0) expectMotion(motion);
  const gt: TrueSequence = {
    frames,
    ...(motion && {
      motionsPixels: evenMotions(motion.pixels, times, restored.motionsPixels[0]!.shape[1]),
      motionKnown: motion.known,
    }),
  };
  return lossInOrder(order, motion, lossOf(restored, gt, config));
}

/**
 * The same of samples made on the device that trains: some of their frames may not be known, and some may be
 * in the canonical order already.
 */
export function photoDeviceLoss(
  restored: Restored,
  gt: DeviceGroundTruth,
  config: PhotoLossConfig,
): LossTerms {
  return lossInKnownOrder(gt.orderKnown, lossOf(restored, gt, config));
}

function lossOf(
  restored: Restored,
  gt: TrueSequence,
  config: PhotoLossConfig,
): (reversed: boolean) => SequenceLoss {
  return (reversed) => sequenceLoss(restored, reversed ? reversedInTime(gt) : gt, config);
}

function sequenceLoss(
  { frames, motionsPixels }: Restored,
  gt: TrueSequence,
  { epsilon, frameWeights, motion: weight }: PhotoLossConfig,
): SequenceLoss {
  const atFullSize = (images: readonly Tensor4D[]) => images.map((image) => [image]);
  const { framesKnown: known } = gt;
  const photometric = photometricLoss(atFullSize(frames), atFullSize(gt.frames), {
    norm: 'log-l2',
    epsilon,
    levelWeights: [1],
    frameWeights,
    ...(known && { known }),
  });
  if (weight === 0) return { total: photometric, photometric };
  const motion = mul<Tensor1D>(trajectoryLoss(motionsPixels, gt.motionsPixels!), gt.motionKnown!);
  return { total: add(photometric, mul(motion, weight)), photometric, motion };
}

function reversedInTime({ frames, framesKnown, motionsPixels, motionKnown }: TrueSequence): TrueSequence {
  return {
    frames: frames.toReversed(),
    ...(framesKnown && { framesKnown: framesKnown.toReversed() }),
    ...(motionsPixels && { motionsPixels: motionsPixels.toReversed(), motionKnown }),
  } as TrueSequence;
}
