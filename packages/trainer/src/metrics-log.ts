import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { replaceFile } from './checkpoint.js';

/** One step of training. */
export interface StepRow {
  kind: 'step';
  step: number;
  /** `total` and every term of the loss. */
  loss: Record<string, number>;
  learningRate: number;
  /** Global norm of the gradients, before clipping. */
  gradientNorm: number;
  samplesPerSecond: number;
  /** Share of the step's time spent waiting for samples. */
  dataWaitShare: number;
}

/** PSNR in dB of the averaged weights on the validation set, per sample in the better order of the whole sequence. */
export interface ValidationRow {
  kind: 'validation';
  step: number;
  samples: number;
  psnr: FigureByPosition;
  /** `psnr` less that of the blurred image itself against the same frames. */
  gain: FigureByPosition;
  ssim: FigureByPosition;
  /** Whether this is the best so far. */
  best: boolean;
}

/** A figure of the first, the middle and the last frame, and its mean over all frames. */
export interface FigureByPosition {
  first: number;
  middle: number;
  last: number;
  mean: number;
}

export type MetricsRow = StepRow | ValidationRow;

/** `metrics.jsonl`: one JSON object per line. */
export class MetricsLog {
  readonly #file: string;

  /** @param lastStep rows of later steps, left by a sitting that ended without a checkpoint, are dropped. */
  constructor(file: string, lastStep: number) {
    this.#file = file;
    const kept = readMetrics(file).filter(({ step }) => step <= lastStep);
    replaceFile(file, kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }

  append(row: MetricsRow): void {
    appendFileSync(this.#file, `${JSON.stringify(row)}\n`);
  }
}

/** The rows of a `metrics.jsonl`; a last line that was cut short is left out, a file that is not there is empty. */
export function readMetrics(file: string): MetricsRow[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as MetricsRow];
      } catch {
        return [];
      }
    });
}
