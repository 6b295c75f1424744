import { add, mean, mul, neg, step, sub } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { imagePyramid } from '@unblur/core-model';
import type { BlurToVideoOutput } from '@unblur/core-model';
import { photometricLoss } from './photometric-loss.js';
import type { PhotometricNorm } from './photometric-loss.js';
import { symmetricPenalty } from './symmetric-penalty.js';
import { transformationConsistencyLoss } from './transformation-consistency-loss.js';

export interface LossConfig {
  norm: PhotometricNorm;
  /**
   * A blurred image is the same for a motion and its reverse.
   * `ground-truth`: compared in the order the sample has (the paper). `better`: per sample, in that order or its
   * reverse, whichever has the smaller loss (ours): in plain order both ends are drawn to a mixture of the two answers.
   */
  order: 'ground-truth' | 'better';
  /** Weights of the photometric loss per level, finest first. */
  levelWeights: number[];
  /** Weights of the photometric loss per frame in time order; `equal`: the same for each. */
  frameWeights: number[] | 'equal';
  /** Weight of the transformation consistency loss in Eq. 6; 0 leaves it out. */
  transformationConsistency: number;
  /** Weight of the symmetric penalty in Eq. 6; 0 leaves it out. */
  symmetricPenalty: number;
  /** See `symmetricPenalty`; `null`: unbounded, as in the paper. */
  symmetricPenaltyBound: number | null;
}

/** The loss and what it is made of, each a scalar, unweighted but for `total`. */
export type LossTerms = { total: Scalar; photometric: Scalar } & Record<string, Scalar>;

/**
 * The weighted sum of all losses (Argaw et al. 2021, Eq. 6), mean over the batch.
 *
 * @param output of the network, frames at every level.
 * @param gt ground-truth frames in time order, `[B, H, W, 3]` in [0, 1].
 * @returns the total and every term that has a weight, by name.
 */
export function totalLoss(output: BlurToVideoOutput, gt: readonly Tensor4D[], config: LossConfig): LossTerms {
  const gtPyramids = gt.map((frame) => imagePyramid(frame, config.levelWeights.length - 1));
  const inOrder = sequenceLoss(output, gtPyramids, config);
  const sequence = config.order === 'better' ? smaller(inOrder, sequenceLoss(output, [...gtPyramids].reverse(), config)) : inOrder;
  const terms: LossTerms = { total: mean(sequence.total), photometric: mean(sequence.photometric) };
  if (sequence.penalty) terms['symmetricPenalty'] = mean(sequence.penalty);
  if (config.transformationConsistency !== 0) {
    const [, height, width] = gt[0]!.shape;
    const consistency = transformationConsistencyLoss(output.affines, output.flowsPixels, [height, width]);
    terms['transformationConsistency'] = consistency;
    terms.total = add(terms.total, mul(consistency, config.transformationConsistency));
  }
  return terms;
}

/** The losses that depend on the order of the frames, per sample. */
interface SequenceLoss {
  total: Tensor1D;
  photometric: Tensor1D;
  penalty?: Tensor1D;
}

function sequenceLoss({ frames }: BlurToVideoOutput, gtPyramids: readonly Tensor4D[][], config: LossConfig): SequenceLoss {
  const photometric = photometricLoss(frames, gtPyramids, {
    norm: config.norm,
    levelWeights: config.levelWeights,
    frameWeights: config.frameWeights === 'equal' ? frames.map(() => 1) : config.frameWeights,
  });
  if (config.symmetricPenalty === 0) return { total: photometric, photometric };
  const penalty = symmetricPenalty(frames.map((levels) => levels[0]!), gtPyramids.map((levels) => levels[0]!), config.symmetricPenaltyBound);
  return { total: add(photometric, mul(penalty, config.symmetricPenalty)), photometric, penalty };
}

/** Per sample, the sequence loss with the smaller total. */
function smaller(a: SequenceLoss, b: SequenceLoss): SequenceLoss {
  // 1 where b is smaller; `step` has the gradient 0, a comparison has none.
  const takeB = step(sub(a.total, b.total));
  const select = (ofA: Tensor1D, ofB: Tensor1D): Tensor1D => add(ofA, mul(takeB, add(ofB, neg(ofA))));
  return {
    total: select(a.total, b.total),
    photometric: select(a.photometric, b.photometric),
    ...(a.penalty && b.penalty ? { penalty: select(a.penalty, b.penalty) } : {}),
  };
}
