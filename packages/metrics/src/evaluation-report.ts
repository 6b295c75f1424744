import { mean } from './mean.js';
import { frameScores, type FrameScores, type OrderRule, type SequenceScore } from './sequence-score.js';

/** The scores of a whole evaluation set: each frame's value averaged over the samples. Plain JSON. */
export interface EvaluationReport {
  samples: number;
  /** How the order of the restored frames was decided; numbers under different rules do not compare. */
  rule: OrderRule;
  psnr: FrameScores;
  ssim: FrameScores;
  /**
   * Fraction of the samples whose first and whose last restored frame is closer to its own ground truth than
   * to the middle's. `null`: one frame alone is the middle.
   */
  closerToOwn: { first: number; last: number } | null;
  /** The blurred input itself against the same frames. */
  baseline: { psnr: FrameScores; ssim: FrameScores };
}

export interface ScoredSample {
  restored: SequenceScore;
  blurred: SequenceScore;
}

/**
 * Averages the scores of the samples frame by frame.
 *
 * @throws RangeError when there is no sample, one is something else, or the samples have different numbers of frames.
 */
export function summarizeScores(
  samples: readonly ScoredSample[],
  rule: OrderRule = 'sequence',
): EvaluationReport {
  const isScored = ({ restored, blurred }: ScoredSample) => restored?.psnr && blurred?.psnr;
  if (!Array.isArray(samples) || !samples.every((sample: ScoredSample) => sample && isScored(sample))) {
    throw new RangeError(
      'Expected a list of samples as { restored, blurred }, which scoreSequence and scoreBlurred give, but received something else',
    );
  }
  if (samples.length === 0) throw new RangeError('Expected at least one scored sample but received none');
  const restored = samples.map((sample) => sample.restored);
  const blurred = samples.map((sample) => sample.blurred);
  return {
    samples: samples.length,
    rule,
    psnr: averageScores(restored.map((score) => score.psnr)),
    ssim: averageScores(restored.map((score) => score.ssim)),
    closerToOwn: restored[0]!.closerToOwn && {
      first: restored.filter(({ closerToOwn }) => closerToOwn?.first).length / samples.length,
      last: restored.filter(({ closerToOwn }) => closerToOwn?.last).length / samples.length,
    },
    baseline: {
      psnr: averageScores(blurred.map((score) => score.psnr)),
      ssim: averageScores(blurred.map((score) => score.ssim)),
    },
  };
}

function averageScores(scores: readonly FrameScores[]): FrameScores {
  const counts = new Set(scores.map(({ perFrame }) => perFrame.length));
  if (counts.size > 1) {
    throw new RangeError(
      `Expected one number of frames in all samples but received ${[...counts].join(' and ')}`,
    );
  }
  return frameScores(
    scores[0]!.perFrame.map((_, frame) => mean(scores.map(({ perFrame }) => perFrame[frame]!))),
  );
}
