import { basename, extname, join, resolve } from 'node:path';

/** Files of a run's folder. */
export const runFiles = {
  config: 'run.yaml',
  metrics: 'metrics.jsonl',
  checkpoint: 'checkpoint.safetensors',
  /** Averaged weights of the last checkpoint, and of the best validation. */
  weights: 'weights.safetensors',
  bestWeights: 'best.safetensors',
  samples: 'samples',
  /** Folder in which a run whose samples are made on the device works until it is taken in. */
  results: 'results',
} as const;

/** The picture of the samples that were validated at a step. */
export const samplesPicture = (step: number): string =>
  join(runFiles.samples, `step-${String(step).padStart(7, '0')}.png`);

/** Where a run is left: `out`, or `runs/<name of the run file>` in the current folder. */
export function runFolderOf(runFile: string, out: string | undefined): string {
  return resolve(out ?? join('runs', basename(runFile, extname(runFile))));
}
