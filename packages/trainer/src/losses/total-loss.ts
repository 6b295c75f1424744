import { abs, add, mean, mul, neg, slice, step, sub } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { imagePyramid } from '@unblur/core-model';
import type { BlurToVideoOutput } from '@unblur/core-model';
import { motionLoss } from './motion-loss.js';
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
   * `canonical`: in the order in which the scene moves to the right, so that a photograph has one answer from the first
   * step on; where the mean motion has no clear side or is not known, the better order.
   */
  order: 'ground-truth' | 'better' | 'canonical';
  /** Weights of the photometric loss per level, finest first. */
  levelWeights: number[];
  /** Weights of the photometric loss per frame in time order; `equal`: the same for each. */
  frameWeights: number[] | 'equal';
  /** Weight of the motion loss; 0 leaves it out. Samples whose motion is not known have none. */
  motion: number;
  /** Weight of the transformation consistency loss in Eq. 6; 0 leaves it out. */
  transformationConsistency: number;
  /** Weight of the symmetric penalty in Eq. 6; 0 leaves it out. */
  symmetricPenalty: number;
  /** See `symmetricPenalty`; `null`: unbounded, as in the paper. */
  symmetricPenaltyBound: number | null;
}

/** The loss and what it is made of, each a scalar, unweighted but for `total`. */
export type LossTerms = { total: Scalar; photometric: Scalar } & Record<string, Scalar>;

/** What a sample's exposure really was. */
export interface GroundTruth {
  /** In time order, `[B, H, W, 3]` in [0, 1]. */
  frames: readonly Tensor4D[];
  /** `[B, H, W, 2]`, displacement of the scene from the middle to the last frame; zeros where it is not known. */
  motionPixels?: Tensor4D;
  /** `[B]`: 1 where the motion is known, else 0. */
  motionKnown?: Tensor1D;
}

/** Whether a loss needs the true motion. */
export function needsMotion({ motion, order }: Pick<LossConfig, 'motion' | 'order'>): boolean {
  return motion !== 0 || order === 'canonical';
}

/**
 * The weighted sum of all losses (Argaw et al. 2021, Eq. 6, and our motion loss), mean over the batch.
 *
 * @param output of the network, frames at every level.
 * @returns the total and every term that has a weight, by name.
 * @throws if the loss needs the motion and `gt` has none.
 */
export function totalLoss(output: BlurToVideoOutput, gt: GroundTruth, config: LossConfig): LossTerms {
  if (needsMotion(config) && !(gt.motionPixels && gt.motionKnown)) throw new Error("Expected the motion of the samples, which 'loss.motion' and the canonical order need, but received none.");
  const gtPyramids = gt.frames.map((frame) => imagePyramid(frame, config.levelWeights.length - 1));
  const motion = gt.motionPixels && gt.motionKnown && { pixels: gt.motionPixels, known: gt.motionKnown };
  const inOrder = sequenceLoss(output, gtPyramids, motion, config);
  const reversed = config.order === 'ground-truth' ? undefined : sequenceLoss(output, [...gtPyramids].reverse(), motion && { ...motion, pixels: neg(motion.pixels) }, config);
  const sequence = reversed ? select(inOrder, reversed, config.order === 'canonical' ? towardsCanonical(inOrder, reversed, motion!) : towardsSmaller(inOrder, reversed)) : inOrder;
  const terms: LossTerms = { total: mean(sequence.total), photometric: mean(sequence.photometric) };
  if (sequence.motion) terms['motion'] = mean(sequence.motion);
  if (sequence.penalty) terms['symmetricPenalty'] = mean(sequence.penalty);
  if (config.transformationConsistency !== 0) {
    const [, height, width] = gt.frames[0]!.shape;
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
  motion?: Tensor1D;
}

interface KnownMotion {
  pixels: Tensor4D;
  known: Tensor1D;
}

function sequenceLoss({ frames, motionsPixels }: BlurToVideoOutput, gtPyramids: readonly Tensor4D[][], gtMotion: KnownMotion | undefined, config: LossConfig): SequenceLoss {
  const photometric = photometricLoss(frames, gtPyramids, {
    norm: config.norm,
    levelWeights: config.levelWeights,
    frameWeights: config.frameWeights === 'equal' ? frames.map(() => 1) : config.frameWeights,
  });
  const sequence: SequenceLoss = { total: photometric, photometric };
  if (config.symmetricPenalty !== 0) {
    sequence.penalty = symmetricPenalty(frames.map((levels) => levels[0]!), gtPyramids.map((levels) => levels[0]!), config.symmetricPenaltyBound);
    sequence.total = add(sequence.total, mul(sequence.penalty, config.symmetricPenalty));
  }
  if (config.motion !== 0) {
    sequence.motion = mul(motionLoss(motionsPixels, gtMotion!.pixels), gtMotion!.known);
    sequence.total = add(sequence.total, mul(sequence.motion, config.motion));
  }
  return sequence;
}

/** Per sample, 1 where the reversed order has the smaller loss. `step` has the gradient 0, a comparison has none. */
function towardsSmaller(inOrder: SequenceLoss, reversed: SequenceLoss): Tensor1D {
  return step(sub(inOrder.total, reversed.total));
}

/** The mean motion has a clear side if it is this much of its length to the left or right. */
const CLEAR_SIDE = 0.25;

/** Per sample, 1 where the scene moves to the left in the sample's order. */
function towardsCanonical(inOrder: SequenceLoss, reversed: SequenceLoss, { pixels, known }: KnownMotion): Tensor1D {
  const meanOf = (index: number, of: (x: Tensor4D) => Tensor4D): Tensor1D => mean(of(slice(pixels, [0, 0, 0, index], [-1, -1, -1, 1])), [1, 2, 3]);
  const toRight = meanOf(0, (x) => x);
  const length = add(meanOf(0, abs), meanOf(1, abs));
  const clear = mul(step(sub(abs(toRight), mul(length, CLEAR_SIDE))), known);
  const better = towardsSmaller(inOrder, reversed);
  return add(better, mul(clear, sub(step(neg(toRight)), better)));
}

/** Per sample, `inOrder` where `takeReversed` is 0 and `reversed` where it is 1. */
function select(inOrder: SequenceLoss, reversed: SequenceLoss, takeReversed: Tensor1D): SequenceLoss {
  const mixed = (ofA: Tensor1D, ofB: Tensor1D): Tensor1D => add(ofA, mul(takeReversed, sub(ofB, ofA)));
  return {
    total: mixed(inOrder.total, reversed.total),
    photometric: mixed(inOrder.photometric, reversed.photometric),
    ...(inOrder.penalty && reversed.penalty ? { penalty: mixed(inOrder.penalty, reversed.penalty) } : {}),
    ...(inOrder.motion && reversed.motion ? { motion: mixed(inOrder.motion, reversed.motion) } : {}),
  };
}
