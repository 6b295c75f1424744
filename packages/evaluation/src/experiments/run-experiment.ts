import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expectOptions, type OptionNames, UnblurError, writeAtomically } from '@unblur/files';
import { loadExperiment } from './experiment-file.js';
import { formatTable, summarizeTrials, type ExperimentTable } from './experiment-table.js';
import type { Experiment, ExperimentRow } from './experiment.js';
import type { TrialSettings } from './row-network.js';
import { expectEvaluationFolders } from './sample-sets.js';
import { planTrial, type PlannedTrial, type Trial } from './trial.js';

export interface ExperimentSettings extends TrialSettings {
  /** Train only with the first so many of the seeds. Default: all. */
  seedCount?: number;
}

const experimentSettingNames: OptionNames<ExperimentSettings> = {
  experiments: true,
  out: true,
  engine: true,
  threads: true,
  readWeights: 'function',
  signal: 'signal',
  onSample: 'function',
  report: 'function',
  seedCount: true,
};

/** What an experiment came to, for programs and for people. */
export interface ExperimentResult {
  table: ExperimentTable;
  markdown: string;
}

/**
 * Trains, evaluates and tabulates an experiment, or one of its rows. The table so far is written after every
 * trial, as `<out>/<experiment>/table.md` and `table.json`; of a single row, under its name, and where there is
 * a table of all rows, that is brought up to date too. What is done is not done again.
 *
 * @param name `table-5`, or one of its rows: `table-5/pml`.
 * @returns `undefined` if training was interrupted; the same call goes on.
 * @throws UnblurError for an unknown setting; where there is no such row, or fewer seeds; as `loadExperiment`
 * and training do.
 */
export async function runExperiment(
  name: string,
  given: ExperimentSettings,
): Promise<ExperimentResult | undefined> {
  const { seedCount, ...settings } = expectOptions(
    given,
    experimentSettingNames,
    "runExperiment('table-5', { experiments: 'experiments', out: 'runs', ... })",
  );
  const [experimentName, rowName] = name.split('/') as [string, string | undefined];
  const whole = loadExperiment(settings.experiments, experimentName);
  const rows = whole.rows.filter((row) => rowName === undefined || row.name === rowName);
  if (rows.length === 0) {
    throw new UnblurError(
      `Expected a row of ${experimentName} (${whole.rows.map((row) => row.name).join(', ')}) but received '${rowName}'`,
    );
  }
  const seedsThere = whole.seeds.length;
  if (seedCount !== undefined && seedCount > seedsThere) {
    throw new UnblurError(
      `Expected as many seeds as ${experimentName} has (${seedsThere}), or fewer, but received ${seedCount}; add seeds to its table.yaml`,
    );
  }
  const experiment: Experiment = { ...whole, rows };
  // Every row with the first seed before any with the second: a table that was stopped compares what it has.
  const planned: { row: ExperimentRow; trial: Trial | undefined; run: PlannedTrial['run'] }[] = [];
  // All that is done is in the table, whatever stops the rest.
  for (const seed of experiment.seeds.slice(0, seedCount)) {
    for (const row of rows) {
      const { isSeeded, done, run } = await planTrial(experiment, row, seed, settings);
      if (isSeeded || seed === experiment.seeds[0]) planned.push({ row, trial: done, run });
    }
  }
  const writeTable = async () => {
    if (rowName !== undefined && existsSync(tableFile(settings.out, experimentName, tableName, 'json'))) {
      await writeResult(whole, await storedTrials(whole, settings), settings.out, tableName);
    }
    return writeResult(experiment, trialsByRow(rows, planned), settings.out, rowName ?? tableName);
  };
  if (planned.some(({ trial }) => trial === undefined)) expectEvaluationFolders(experiment);
  for (const one of planned) {
    one.trial ??= await one.run();
    if (one.trial === undefined) return undefined;
    await writeTable();
  }
  return writeTable();
}

/** All that was evaluated before as the experiment now says, by row: other seeds and recipes do not count. */
async function storedTrials(
  experiment: Experiment,
  settings: TrialSettings,
): Promise<Record<string, Trial[]>> {
  const ofRow = async (row: ExperimentRow): Promise<Trial[]> => {
    const trials: Trial[] = [];
    for (const seed of experiment.seeds) {
      const { isSeeded, done } = await planTrial(experiment, row, seed, settings);
      if (done) trials.push(done);
      if (!isSeeded) break;
    }
    return trials;
  };
  const rows: Record<string, Trial[]> = {};
  for (const row of experiment.rows) {
    // A row that cannot be run as it is now written is none of those that were asked for.
    rows[row.name] = await ofRow(row).catch(() => []);
  }
  return rows;
}

function trialsByRow(
  rows: readonly ExperimentRow[],
  planned: readonly { row: ExperimentRow; trial: Trial | undefined }[],
): Record<string, Trial[]> {
  return Object.fromEntries(
    rows.map(({ name }) => [
      name,
      planned.flatMap(({ row, trial }) => (trial && row.name === name ? [trial] : [])),
    ]),
  );
}

/** Of all rows. */
const tableName = 'table';

const tableFile = (out: string, experiment: string, name: string, extension: string): string =>
  join(out, experiment, `${name}.${extension}`);

async function writeResult(
  experiment: Experiment,
  trials: Record<string, Trial[]>,
  out: string,
  fileName: string,
): Promise<ExperimentResult> {
  const table = summarizeTrials(experiment, trials);
  const markdown = formatTable(table, experiment);
  const file = (extension: string) => tableFile(out, experiment.name, fileName, extension);
  await writeAtomically(file('json'), `${JSON.stringify(table, null, 2)}\n`);
  await writeAtomically(file('md'), markdown);
  return { table, markdown };
}
