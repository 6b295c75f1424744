import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { counted } from '@unblur/files';
import { abortOnInterruption, interruptedCode, interruptionCode, stepIsFinished } from '../interruption.js';
import { wholeNumber } from '../numbers.js';
import { placeOnDisk } from '../standard-streams.js';
import { clearBar, drawProgress, printJson, printLine, printMessage, printNote } from '../terminal.js';
import { readChosenWeights } from '../weights-choice.js';

interface ExperimentOptions {
  from: string;
  out: string;
  seeds?: number;
  engine?: 'onnxruntime' | 'torch';
  threads?: number;
  json?: boolean;
}

/** `unblur experiment`: networks trained, evaluated and set in a table, beside a paper's figures. */
export function defineExperiment(program: Command): void {
  program
    .command('experiment')
    .description(
      "train, evaluate and write a table of experiments, the paper's or your own; `list` shows them",
    )
    .argument('<name>', 'list; or an experiment, such as table-5; or one of its rows, such as table-5/pml')
    .option('--from <folder>', 'folder of the experiments', 'experiments')
    .option(
      '--out <folder>',
      'folder of the results; what is finished there is not repeated',
      placeOnDisk,
      join('runs', 'experiments'),
    )
    .option('--seeds <n>', 'train only with the first n of the seeds', wholeNumber(1))
    .addOption(
      new Option('--engine <name>', "training engine to use instead of the run files'").choices([
        'onnxruntime',
        'torch',
      ]),
    )
    .option('--threads <n>', 'processor threads for the evaluation (default: all)', wholeNumber(1, 1024))
    .option('--json', 'print JSON for programs')
    .action(runNamed);
}

async function runNamed(
  name: string,
  { from, out, seeds, engine, threads, json }: ExperimentOptions,
): Promise<void> {
  if (name === 'list') return listAll(from, json);
  const { runExperiment } = await import('@unblur/evaluation');
  const result = await runExperiment(name, {
    experiments: from,
    out,
    threads,
    seedCount: seeds,
    engine,
    readWeights: async (weights) => (await readChosenWeights({ weights })).bytes,
    signal: abortOnInterruption(stepIsFinished),
    onSample: drawProgress,
    report: printNote,
  });
  if (result === undefined) {
    printMessage(
      `interrupted; run the same command to continue. Finished work is in ${join(out, name.split('/')[0]!)}.`,
    );
    process.exitCode = interruptionCode() ?? interruptedCode;
    return;
  }
  clearBar();
  if (json) printJson(result.table);
  else for (const line of result.markdown.split('\n')) printLine(line);
}

async function listAll(folder: string, json: boolean | undefined): Promise<void> {
  const { listExperiments, loadExperiment } = await import('@unblur/evaluation');
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
        `  ${`${name}/${row.name}`.padEnd(34)} ${row.title}${row.origin.kind === 'training' ? `, ${counted(seeds.length, 'run')}` : ''}`,
      );
    }
  }
}
