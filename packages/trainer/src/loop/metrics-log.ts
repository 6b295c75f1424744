import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { appendWhole, writeAtomicallySync } from '@unblur/files';
import { isMapping } from '@unblur/files/parsed-value';
import { EventLog } from '../tensorboard/event-log.js';

/** One step of training. */
export interface StepRow {
  kind: 'step';
  step: number;
  /** `total` and every term of the loss. */
  loss: Record<string, number>;
  /** The largest, where groups of weights have their own. */
  learningRate: number;
  /** Of each group, where there are several. */
  learningRates?: number[];
  /** Global norm of the gradients, before clipping. */
  gradientNorm: number;
  samplesPerSecond: number;
  /** Share of the step's time spent waiting for samples. */
  dataWaitShare: number;
}

/**
 * PSNR in dB of the averaged weights on the validation set, per sample in the better order of the whole
 * sequence.
 */
export interface ValidationRow {
  kind: 'validation';
  step: number;
  samples: number;
  psnr: FigureByPosition;
  /** `psnr` less that of the blurred image itself against the same frames. */
  gain: FigureByPosition;
  ssim: FigureByPosition;
  /**
   * Where the network tells motion and all samples have theirs: mean end-point errors in pixels, and those of
   * finding no motion at all.
   */
  motion?: { found: MotionFigures; still: MotionFigures };
  /** Whether this is the best so far. */
  best: boolean;
}

/** Of which frames there are figures; `mean`: over all of them. */
export const framePositions = ['first', 'middle', 'last', 'mean'] as const;
type FramePosition = (typeof framePositions)[number];
export type FigureByPosition = Record<FramePosition, number>;

/** A figure of each position. */
export function byPosition(figureAt: (position: FramePosition) => number): FigureByPosition {
  return Object.fromEntries(
    framePositions.map((position) => [position, figureAt(position)]),
  ) as FigureByPosition;
}

/** A figure of the motion to the first and to the last frame, and its mean over all but the middle one. */
export type MotionFigures = Omit<FigureByPosition, 'middle'>;

/** The loss was not finite: the weights went back to where it was, and learn more slowly from there. */
export interface SetbackRow {
  kind: 'setback';
  step: number;
  /** What is left of the learning rates. */
  rateFactor: number;
}

export type MetricsRow = StepRow | ValidationRow | SetbackRow;

/** `metrics.jsonl`, one JSON object per line, and the same figures as TensorBoard events beside it. */
export class MetricsLog {
  readonly #file: string;
  readonly #events: EventLog;

  /** @param lastStep rows of later steps, left by a session that ended without a checkpoint, are dropped. */
  constructor(file: string, lastStep: number) {
    this.#file = file;
    const kept = readMetrics(file).filter(({ step }) => step <= lastStep);
    writeAtomicallySync(file, kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
    this.#events = new EventLog(dirname(file), lastStep);
    if (this.#events.isFirst) for (const row of kept) this.#appendEvent(row);
  }

  append(row: MetricsRow): void {
    appendWhole(this.#file, `${JSON.stringify(row)}\n`);
    this.#appendEvent(row);
  }

  /** A picture of the validation samples, for the events only. */
  appendPicture(png: Uint8Array, step: number): void {
    this.#events.append({ kind: 'picture', tag: 'validation/samples', png }, step);
  }

  #appendEvent({ kind, step, ...figures }: MetricsRow): void {
    const values = kind === 'validation' ? namedFigures(figures, 'validation') : namedFigures(figures);
    this.#events.append({ kind: 'scalars', values }, step);
  }
}

/** Every number of a row by its place in it, such as `loss/total` or `validation/psnr/first`. */
function namedFigures(figures: object, place?: string): Record<string, number> {
  const entries = Object.entries(figures as Record<string, unknown>).map(
    ([key, value]) => [place === undefined ? key : `${place}/${key}`, value] as const,
  );
  return Object.assign(
    {},
    ...entries.map(([name, value]) =>
      typeof value === 'number'
        ? { [name]: value }
        : typeof value === 'object' && value !== null
          ? namedFigures(value, name)
          : {},
    ),
  );
}

/**
 * The rows of a `metrics.jsonl`; a last line that was cut short, and any other that is no row, is left out; a
 * file that is not there is empty.
 */
export function readMetrics(file: string): MetricsRow[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const row: unknown = JSON.parse(line);
        return isRow(row) ? [row] : [];
      } catch {
        return [];
      }
    });
}

function isRow(row: unknown): row is MetricsRow {
  if (!isMapping(row) || !Number.isSafeInteger(row['step']) || (row['step'] as number) < 0) return false;
  switch (row['kind']) {
    case 'step':
      return (
        isMapping(row['loss']) &&
        Object.values(row['loss']).every(Number.isFinite) &&
        areNumbers(row, ['learningRate', 'gradientNorm', 'samplesPerSecond', 'dataWaitShare'])
      );
    case 'validation':
      return (
        areNumbers(row, ['samples']) &&
        ['psnr', 'gain', 'ssim'].every((figure) => areNumbers(row[figure], framePositions)) &&
        (row['motion'] === undefined || isMotion(row['motion']))
      );
    case 'setback':
      return areNumbers(row, ['rateFactor']);
    default:
      return false;
  }
}

function isMotion(motion: unknown): boolean {
  return (
    isMapping(motion) &&
    ['found', 'still'].every((figure) => areNumbers(motion[figure], ['first', 'last', 'mean']))
  );
}

function areNumbers(mapping: unknown, names: readonly string[]): boolean {
  return isMapping(mapping) && names.every((name) => Number.isFinite(mapping[name]));
}
