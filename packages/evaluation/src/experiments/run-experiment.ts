import { join } from 'node:path';
import { UnblurError, writeAtomically } from '@unblur/files';
import { loadExperiment } from './experiment-file.js';
import { formatTable, summarizeTrials, type ExperimentTable } from './experiment-table.js';
import type { Experiment } from './experiment.js';
import type { TrialSettings } from './row-network.js';
import { runTrial, type Trial } from './trial.js';

export interface ExperimentSettings extends TrialSettings {
  /** Train only with the first so many of the seeds. Default: all. */
  seedCount?: number;
}

/** What an experiment came to, for programs and for people. */
export interface ExperimentResult {
  table: ExperimentTable;
  markdown: string;
}

/**
 * Trains, evaluates and tabulates an experiment, or one of its rows. The table so far is written after every
 * trial, as `<out>/<experiment>/table.md` and `table.json`; of a single row, under its name. What is done is
 * not done again.
 *
 * @param name `table-5`, or one of its rows: `table-5/pml`.
 * @returns `undefined` if training was interrupted; the same call goes on.
 * @throws UnblurError where there is no such row; as `loadExperiment` and training do.
 */
export async function runExperiment(
  name: string,
  { seedCount, ...settings }: ExperimentSettings,
): Promise<ExperimentResult | undefined> {
  const [experimentName, rowName] = name.split('/') as [string, string | undefined];
  const whole = loadExperiment(settings.experiments, experimentName);
  const rows = whole.rows.filter((row) => rowName === undefined || row.name === rowName);
  if (rows.length === 0) {
    throw new UnblurError(
      `Expected a row of ${experimentName} (${whole.rows.map((row) => row.name).join(', ')}) but received '${rowName}'`,
    );
  }
  const experiment: Experiment = { ...whole, rows };
  const trials: Record<string, Trial[]> = Object.fromEntries(rows.map((row) => [row.name, []]));
  const writeTable = () => writeResult(experiment, trials, settings.out, rowName ?? 'table');
  // Every row with the first seed before any with the second: a table that was stopped compares what it has.
  for (const seed of experiment.seeds.slice(0, seedCount)) {
    for (const row of rows) {
      const trial = await runTrial(experiment, row, seed, settings);
      if (trial === undefined) return undefined;
      if (trial.seed !== null || trials[row.name]!.length === 0) trials[row.name]!.push(trial);
      await writeTable();
    }
  }
  return writeTable();
}

async function writeResult(
  experiment: Experiment,
  trials: Record<string, Trial[]>,
  out: string,
  fileName: string,
): Promise<ExperimentResult> {
  const table = summarizeTrials(experiment, trials);
  const markdown = formatTable(table, experiment);
  const file = (extension: string) => join(out, experiment.name, `${fileName}.${extension}`);
  await writeAtomically(file('json'), `${JSON.stringify(table, null, 2)}\n`);
  await writeAtomically(file('md'), markdown);
  return { table, markdown };
}
