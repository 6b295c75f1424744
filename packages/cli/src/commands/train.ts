import { Option, type Command } from 'commander';
import type { EngineName } from '@unblur/trainer';
import { counted } from '@unblur/files';
import { abortOnInterruption, interruptedCode, interruptionCode, stepIsFinished } from '../interruption.js';
import { noteSlowRuntime } from '../slow-runtime-note.js';
import { realNumber, wholeNumber } from '../numbers.js';
import { timedProgress } from '../remaining-time.js';
import { placeOnDisk } from '../standard-streams.js';
import { clearBar, printLine, printMessage, printNote } from '../terminal.js';

/** Those of @unblur/trainer, which is not loaded before it trains. */
const engines: EngineName[] = ['onnxruntime', 'torch', 'tfjs-webgpu', 'tfjs-tensorflow', 'tfjs-cpu'];

interface TrainOptions {
  out?: string;
  resume?: boolean;
  engine?: EngineName;
  nproc?: number;
  synthesis?: 'processor' | 'device';
  minutes?: number;
  pack?: string;
  maxMib: number;
  partMib: number;
  collect?: string;
}

/** `unblur train`: a run as its file describes it. */
export function defineTrain(program: Command): void {
  program
    .command('train')
    .description('train a network as described in a run file')
    .argument('<run.yaml>', 'the run: network, data, losses, schedule')
    .option('--out <folder>', 'folder of the run (default: runs/<name of the file>)', placeOnDisk)
    .option('--resume', 'continue from the last checkpoint in the folder of the run')
    .addOption(
      new Option('--engine <name>', "engine to compute with, instead of the run file's").choices(engines),
    )
    .option(
      '--nproc <n>',
      'processes that share a batch on the engine torch, one per GPU (default: 1)',
      wholeNumber(1),
    )
    .addOption(
      new Option(
        '--synthesis <where>',
        "where samples are made, instead of the run file's: on this processor, or on the training device (engine torch)",
      ).choices(['processor', 'device']),
    )
    .option(
      '--minutes <m>',
      'duration of a run with samples made on the device, loading included',
      realNumber(0.01, 100_000),
    )
    .option(
      '--pack <folder>',
      'do not train; pack the run into a folder whose start.sh trains it on a machine with PyTorch (Linux or macOS), without Node',
      placeOnDisk,
    )
    .option('--max-mib <n>', 'largest size of the packed run', wholeNumber(1), 60)
    .option('--part-mib <n>', 'largest size of each of its files', wholeNumber(1), 30)
    .option('--collect <results>', 'do not train; import the results folder of a packed run')
    .action(runTraining);
}

async function runTraining(
  runFile: string,
  { nproc, pack, maxMib, partMib, collect, ...options }: TrainOptions,
): Promise<void> {
  const { collectRun, packRun, train } = await import('@unblur/trainer');
  const { minutes } = options;
  if (pack !== undefined && collect !== undefined) {
    throw new Error('Expected either --pack, before a run, or --collect, after it, but received both.');
  }
  if (pack !== undefined) {
    const { bytes, files, pictures, quality, panoramaWidthPixels } = await packRun(runFile, pack, {
      maxMib,
      partMib,
      ...(minutes !== undefined && { changes: { minutes } }),
    });
    printLine(
      `packed ${counted(pictures, 'picture')} (WebP, quality ${quality}; panoramas at most ${panoramaWidthPixels} wide) and everything else: ${(bytes / 2 ** 20).toFixed(1)} MiB in ${counted(files, 'file')} -> ${pack}`,
    );
    printLine(
      `on the other machine: sh ${pack}/start.sh OUT; then here: unblur train ${runFile} --collect OUT/results`,
    );
    return;
  }
  if (collect !== undefined) {
    const { step, runFolder, hasChanged } = await collectRun(runFile, collect, options.out);
    if (hasChanged) {
      printMessage(
        `${runFile} has changed since it was packed; ${runFolder}/run.yaml says how it was trained.`,
      );
    }
    printLine(`imported ${counted(step, 'step')} -> ${runFolder}`);
    return;
  }
  const { step, interrupted, runFolder } = await train(runFile, {
    ...options,
    ...(nproc !== undefined && { processes: nproc }),
    onStart: async ({ engine }) => {
      if (engine === 'onnxruntime') await noteSlowRuntime();
    },
    signal: abortOnInterruption(stepIsFinished),
    onProgress: timedProgress(),
    onNote: printNote,
  });
  clearBar();
  if (interrupted) {
    printMessage(
      step === 0
        ? 'interrupted before the first step; nothing was trained.'
        : `interrupted after step ${step}; continue with: unblur train ${runFile} --resume --out ${runFolder}`,
    );
    process.exitCode = interruptionCode() ?? interruptedCode;
  } else {
    printLine(`trained ${counted(step, 'step')} -> ${runFolder}`);
  }
  // The GPU that the engine tfjs-webgpu holds would keep the process alive.
  process.exit();
}
