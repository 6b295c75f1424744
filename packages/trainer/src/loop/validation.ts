import { createHash } from 'node:crypto';
import { scoreBlurred, scoreSequence, summarizeScores } from '@unblur/metrics';
import type { EvaluationReport, FrameScores, RgbImage } from '@unblur/metrics';
import type { Learner } from './learner.js';
import type { FigureByPosition, ValidationRow } from './metrics-log.js';
import type { ValidationSample } from '../training-system.js';

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
 *
 * @throws RangeError when a restored value is not finite: the weights have diverged.
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
      data: clamp01(values),
    }));
    const score = scoreSequence(images, frames);
    scores.push({ restored: score, blurred: scoreBlurred(blurred, frames) });
    restored.push({ blurred, frames, restored: score.reversed ? images.reverse() : images });
  }
  return { report: summarizeScores(scores), restored };
}

/** Tells validation samples from others. */
export function digestOf(samples: readonly ValidationSample[]): string {
  const hash = createHash('sha256');
  for (const { blurred, frames } of samples) {
    for (const { width, height, data } of [blurred, ...frames]) {
      hash.update(`${width}x${height}`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  return hash.digest('hex').slice(0, 16);
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

/** A validation in one line. */
export function describeValidation({ step, psnr, gain, best }: ValidationRow): string {
  const figure = (position: 'first' | 'middle' | 'last' | 'mean') =>
    `${position} ${psnr[position].toFixed(2)} (${gain[position] >= 0 ? '+' : ''}${gain[position].toFixed(2)})`;
  return `validation at step ${step}, PSNR in dB (gain over the blurred image): ${figure('first')}  ${figure('middle')}  ${figure('last')}  ${figure('mean')}${best ? '  best' : ''}`;
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

/** A restoration that is no number stays so: scoring refuses it, and a run that diverges stops there. */
function clamp01(values: Float32Array): Float32Array {
  return Float32Array.from(values, (value) => Math.min(Math.max(value, 0), 1));
}
