import { add, mul } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { imagePyramid } from '@unblur/core-model';
import type { PaperOutput } from '@unblur/core-model';
import { lossInOrder } from '../../losses/frame-order.js';
import type { SequenceLoss } from '../../losses/frame-order.js';
import { photometricLoss } from '../../losses/photometric-loss.js';
import { symmetricPenalty } from '../../losses/symmetric-penalty.js';
import { transformationConsistencyLoss } from '../../losses/transformation-consistency-loss.js';
import type { GroundTruth } from '../samples/sample-batch.js';
import type { LossTerms } from '../../training-system.js';
import type { PaperRun } from './paper-run.js';

export type PaperLossConfig = PaperRun['loss'];

/**
 * The weighted sum of the paper's losses (Argaw et al. 2021, Eq. 6), mean over the batch.
 *
 * @param output of the network, frames at every level.
 * @returns the total and every term that has a weight, by name, unweighted but for `total`.
 * @throws if the order is `canonical` and `gt` has no motion.
 */
export function paperLoss(output: PaperOutput, gt: GroundTruth, config: PaperLossConfig): LossTerms {
  const gtPyramids = gt.frames.map((frame) => imagePyramid(frame, config.levelWeights.length - 1));
  const terms: LossTerms = lossInOrder(config.order, gt.motion, (reversed) =>
    sequenceLoss(output, reversed ? gtPyramids.toReversed() : gtPyramids, config),
  );
  if (config.transformationConsistency === 0) return terms;
  const [, height, width] = gt.frames[0]!.shape;
  const transformationConsistency = transformationConsistencyLoss(output.affines, output.flowsPixels, [
    height,
    width,
  ]);
  return {
    ...terms,
    transformationConsistency,
    total: add(terms.total, mul(transformationConsistency, config.transformationConsistency)),
  };
}

/** The losses that depend on the order of the frames, per sample. */
function sequenceLoss(
  { frames }: PaperOutput,
  gtPyramids: readonly Tensor4D[][],
  { norm, levelWeights, frameWeights, ...config }: PaperLossConfig,
): SequenceLoss {
  const photometric = photometricLoss(frames, gtPyramids, {
    norm,
    levelWeights,
    frameWeights: frameWeights === 'equal' ? frames.map(() => 1) : frameWeights,
  });
  if (config.symmetricPenalty === 0) return { total: photometric, photometric };
  const penalty = symmetricPenalty(
    frames.map((levels) => levels[0]!),
    gtPyramids.map((levels) => levels[0]!),
    config.symmetricPenaltyBound,
  );
  return {
    total: add(photometric, mul(penalty, config.symmetricPenalty)),
    photometric,
    symmetricPenalty: penalty,
  };
}
