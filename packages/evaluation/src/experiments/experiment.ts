import type { SampleSource } from '@unblur/datasets';
import type { RunChanges } from '@unblur/trainer';

/** `epe`: the mean end-point error of the motion found, in pixels; of no motion for the photograph itself. */
export const experimentMetrics = ['psnr', 'ssim', 'epe'] as const;
export type ExperimentMetric = (typeof experimentMetrics)[number];

/** Frames of the exposure; `per-frame` is a column for each. */
export const experimentFigures = ['first', 'middle', 'last', 'mean', 'per-frame'] as const;
export type ExperimentFigure = (typeof experimentFigures)[number];

/** Samples that an experiment makes once, before its first run. */
export interface MadeSet {
  source: SampleSource;
  count: number;
  seed: number;
  /** `folders` to evaluate on, `shards` to train on. */
  format: 'folders' | 'shards';
  /** Whether folders hold the true flow too, by which `epe` is told. */
  flow?: true;
}

/** Samples that an experiment uses: made once, or folders that are there, as `unblur eval` reads them. */
export type SampleSet = MadeSet | { folder: string };

/** How the weights of a row come about. */
export type RowOrigin =
  /** The blurred photograph itself: no network. */
  | { kind: 'input' }
  /** The name of bundled weights or the path of a `.safetensors` file. */
  | { kind: 'weights'; weights: string }
  /** The weights that a row of another experiment was trained to. */
  | { kind: 'trained-as'; experiment: string; row: string }
  /** A run file with changes; the seed is set for every trial. */
  | { kind: 'training'; runFile: string; changes: RunChanges };

export interface ExperimentRow {
  name: string;
  title: string;
  note: string | null;
  origin: RowOrigin;
  /** The paper's figures, `[set][metric][figure]`, as far as they are known. */
  paper: Record<string, Partial<Record<ExperimentMetric, Record<string, number>>>>;
}

/**
 * A comparison as data: what is trained and what it is evaluated on; where it repeats a table or figure of a
 * paper, what the paper has.
 */
export interface Experiment {
  name: string;
  title: string;
  /** What differs from the paper, in sentences. */
  note: string | null;
  /** Every row is trained once with each. */
  seeds: number[];
  sets: Record<string, SampleSet>;
  /** Heading of every set that is evaluated, by its name. */
  evaluation: Record<string, string>;
  metrics: ExperimentMetric[];
  figures: ExperimentFigure[];
  rows: ExperimentRow[];
  /** `null`: it repeats none. */
  paper: { place: string; data: string; finding: string | null } | null;
}
