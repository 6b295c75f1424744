import { scoreBlurred, scoreSequence, summarizeScores } from '@unblur/metrics';
import type { EvaluationReport, FrameScores, RgbImage } from '@unblur/metrics';
import type { Learner } from './learner.js';
import type { FigureByPosition, ValidationRow } from './metrics-log.js';

/** Something blurred and what it should become, both of the validation size. */
export interface ValidationSample {
  /** What the restoration is given, of its `blurredShape`. */
  input: Float32Array;
  /** What a restoration has to beat. */
  blurred: RgbImage;
  /** In time order. */
  frames: RgbImage[];
}

export interface RestoredSample extends Omit<ValidationSample, 'input'> {
  /** In [0, 1], in whichever order is closer to `frames`. */
  restored: RgbImage[];
}

export interface Validation {
  report: EvaluationReport;
  restored: RestoredSample[];
}

/**
 * Restores the validation samples with the averaged weights and scores them by the rule `sequence` (see
 * @unblur/metrics).
 */
export async function validate(
  learner: Pick<Learner, 'restore'>,
  samples: readonly ValidationSample[],
): Promise<Validation> {
  const scores = [];
  const restored: RestoredSample[] = [];
  for (const { input, blurred, frames } of samples) {
    const images = (await learner.restore(input)).map((values) => ({
      width: blurred.width,
      height: blurred.height,
      data: clampToDisplay(values),
    }));
    const score = scoreSequence(images, frames);
    scores.push({ restored: score, blurred: scoreBlurred(blurred, frames) });
    restored.push({ blurred, frames, restored: score.reversed ? images.reverse() : images });
  }
  return { report: summarizeScores(scores), restored };
}

/** A validation as a row of `metrics.jsonl`. */
export function validationRow(
  { samples, psnr, ssim, baseline }: EvaluationReport,
  step: number,
  best: boolean,
): ValidationRow {
  return {
    kind: 'validation',
    step,
    samples,
    psnr: byPosition(psnr),
    gain: difference(byPosition(psnr), byPosition(baseline.psnr)),
    ssim: byPosition(ssim),
    best,
  };
}

function byPosition({ first, middle, last, mean }: FrameScores): FigureByPosition {
  return { first, middle, last, mean };
}

function difference(a: FigureByPosition, b: FigureByPosition): FigureByPosition {
  return {
    first: a.first - b.first,
    middle: a.middle - b.middle,
    last: a.last - b.last,
    mean: a.mean - b.mean,
  };
}

function clampToDisplay(values: Float32Array): Float32Array {
  return Float32Array.from(values, (value) => Math.min(Math.max(value, 0), 1));
}
