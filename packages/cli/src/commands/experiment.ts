import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { writeAtomically } from '@unblur/files';
import type { Experiment } from '@unblur/trainer';
import type { Trial, TrialSettings } from '../experiment/trial.js';
import { abortOnInterruption, interruptedCode } from '../interruption.js';
import { wholeNumber } from '../numbers.js';
import { clearBar, drawProgress, printJson, printLine, printNote } from '../terminal.js';

interface ExperimentOptions {
  from: string;
  out: string;
  seeds?: number;
  engine?: 'onnxruntime' | 'torch';
  threads: number;
  json?: boolean;
}

/** `unblur experiment`: the tables of a paper, trained, evaluated and written beside the paper's figures. */
export function defineExperiment(program: Command): void {
  program
    .command('experiment')
    .description("train, evaluate and write a table of the paper's experiments; `list` shows them")
    .argument('<name>', 'list; or an experiment, such as table-5; or one of its rows, such as table-5/pml')
    .option('--from <folder>', 'folder of the experiments', 'experiments')
    .option(
      '--out <folder>',
      'folder of the results; what is done there is not done again',
      join('runs', 'experiments'),
    )
    .option('--seeds <n>', 'train only with the first n of the seeds', wholeNumber(1))
    .addOption(
      new Option('--engine <name>', "what trains, instead of the run files'").choices([
        'onnxruntime',
        'torch',
      ]),
    )
    .option(
      '--threads <n>',
      'processor threads for the evaluation',
      wholeNumber(1, 1024),
      availableParallelism(),
    )
    .option('--json', 'print JSON for programs')
    .action(runExperiment);
}

async function runExperiment(
  name: string,
  { from, out, seeds: seedCount, engine, threads, json }: ExperimentOptions,
): Promise<void> {
  if (name === 'list') return listAll(from, json);
  await import('@tensorflow/tfjs');
  const { loadExperiment } = await import('@unblur/trainer');
  const [experimentName, rowName] = name.split('/') as [string, string | undefined];
  const experiment = loadExperiment(from, experimentName);
  const rows = experiment.rows.filter((row) => rowName === undefined || row.name === rowName);
  if (rows.length === 0) {
    throw new Error(
      `Expected a row of ${experimentName} (${experiment.rows.map((row) => row.name).join(', ')}) but received '${rowName}'.`,
    );
  }

  const settings: TrialSettings = {
    experiments: from,
    out,
    threads,
    ...(engine && { engine }),
    signal: abortOnInterruption(),
    onSample: drawProgress,
    report: printNote,
  };
  const { runTrial } = await import('../experiment/trial.js');
  const trials: Record<string, Trial[]> = Object.fromEntries(rows.map((row) => [row.name, []]));
  // Every row with the first seed before any with the second: a table that was stopped compares what it has.
  for (const seed of experiment.seeds.slice(0, seedCount)) {
    for (const row of rows) {
      const trial = await runTrial(experiment, row, seed, settings);
      if (trial === undefined) {
        printNote(
          `unblur: interrupted; go on with the same command. What is done stays in ${join(out, experimentName)}.`,
        );
        process.exitCode = interruptedCode;
        return;
      }
      if (trial.seed !== null || trials[row.name]!.length === 0) trials[row.name]!.push(trial);
      await writeTable({ ...experiment, rows }, trials, out, rowName);
    }
  }
  clearBar();
  const table = await writeTable({ ...experiment, rows }, trials, out, rowName);
  if (json) printJson(table.json);
  else for (const line of table.markdown.split('\n')) printLine(line);
}

/** Writes what is done so far, as `table.md` and `table.json`; of a single row, under its name. */
async function writeTable(
  experiment: Experiment,
  trials: Record<string, Trial[]>,
  out: string,
  rowName: string | undefined,
): Promise<{ json: object; markdown: string }> {
  const { formatTable, summarizeTrials } = await import('../experiment/experiment-table.js');
  const json = summarizeTrials(experiment, trials);
  const markdown = formatTable(json, experiment);
  const file = (extension: string) => join(out, experiment.name, `${rowName ?? 'table'}.${extension}`);
  await writeAtomically(file('json'), Buffer.from(`${JSON.stringify(json, null, 2)}\n`));
  await writeAtomically(file('md'), Buffer.from(markdown));
  return { json, markdown };
}

async function listAll(folder: string, json: boolean | undefined): Promise<void> {
  const { listExperiments, loadExperiment } = await import('@unblur/trainer');
  const experiments = listExperiments(folder).map((name) => loadExperiment(folder, name));
  if (json) {
    return printJson(
      experiments.map(({ name, title, rows, seeds }) => ({
        name,
        title,
        seeds,
        rows: rows.map((row) => row.name),
      })),
    );
  }
  for (const { name, title, rows, seeds } of experiments) {
    printLine(`${name.padEnd(20)} ${title}`);
    for (const row of rows) {
      printLine(
        `  ${`${name}/${row.name}`.padEnd(34)} ${row.title}${row.origin.kind === 'training' ? `, ${seeds.length} ${seeds.length === 1 ? 'run' : 'runs'}` : ''}`,
      );
    }
  }
}
