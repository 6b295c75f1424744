import { createHash } from 'node:crypto';
import { averageMotion, scoreBlurred, scoreMotion, scoreSequence, summarizeScores } from '@unblur/metrics';
import type { EndPointErrors, EvaluationReport, MotionField, MotionScore, RgbImage } from '@unblur/metrics';
import type { Learner } from './learner.js';
import { byPosition, framePositions } from './metrics-log.js';
import type { MotionFigures, ValidationRow } from './metrics-log.js';
import type { ValidationSample } from '../training-system.js';

export interface RestoredSample extends Pick<ValidationSample, 'blurred' | 'frames'> {
  /** In [0, 1], in whichever order is closer to `frames`. */
  restored: RgbImage[];
}

export interface Validation {
  report: EvaluationReport & {
    /** As @unblur/evaluation scores it; `null` unless the network tells motion and all samples have theirs. */
    motion: MotionScore | null;
  };
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
  const motions: (MotionScore | null)[] = [];
  const restored: RestoredSample[] = [];
  for (const { input, blurred, frames, flowsPixels } of samples) {
    const { frames: found, motionsPixels } = await learner.restore(input);
    const images = found.map((values) => ({
      width: blurred.width,
      height: blurred.height,
      data: clamp01(values),
    }));
    const score = scoreSequence(images, frames);
    scores.push({ restored: score, blurred: scoreBlurred(blurred, frames) });
    motions.push(
      flowsPixels && motionsPixels
        ? scoreMotion(
            motionsPixels.map((values) => motionField(values, blurred.width)),
            flowsPixels,
            blurred,
            { rule: 'sequence', reversed: score.reversed },
          )
        : null,
    );
    restored.push({ blurred, frames, restored: score.reversed ? images.reverse() : images });
  }
  return { report: { ...summarizeScores(scores), motion: averageMotion(motions) }, restored };
}

/** @param values on a square grid. @param sizePixels side of the picture. */
function motionField(values: Float32Array, sizePixels: number): MotionField {
  const cells = Math.sqrt(values.length / 2);
  return { width: cells, height: cells, stridePixels: sizePixels / cells, data: values };
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
  { samples, psnr, ssim, baseline, motion }: Validation['report'],
  step: number,
  best: boolean,
): ValidationRow {
  return {
    kind: 'validation',
    step,
    samples,
    psnr: byPosition((position) => psnr[position]),
    gain: byPosition((position) => psnr[position] - baseline.psnr[position]),
    ssim: byPosition((position) => ssim[position]),
    ...(motion && { motion: { found: atEnds(motion.found), still: atEnds(motion.still) } }),
    best,
  };
}

/** A validation in one line. */
export function describeValidation({ step, psnr, gain, motion, best }: ValidationRow): string {
  const figures = framePositions.map(
    (position) =>
      `${position} ${psnr[position].toFixed(2)} (${gain[position] >= 0 ? '+' : ''}${gain[position].toFixed(2)})`,
  );
  const epe = motion
    ? `  motion error ${motion.found.mean.toFixed(2)} px (still: ${motion.still.mean.toFixed(2)})`
    : '';
  return `validation at step ${step}, PSNR in dB (gain over the blurred image): ${figures.join('  ')}${epe}${best ? '  best' : ''}`;
}

function atEnds({ first, last, mean }: EndPointErrors): MotionFigures {
  return { first, last, mean };
}

/** A restoration that is no number stays so: scoring refuses it, and a run that diverges stops there. */
function clamp01(values: Float32Array): Float32Array {
  return Float32Array.from(values, (value) => Math.min(Math.max(value, 0), 1));
}
