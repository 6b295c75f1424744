import { Option } from 'commander';
import type { Command } from 'commander';
import type { EngineName } from '@unblur/trainer';
import { interruptedCode } from '../interruption.js';
import { wholeNumber } from '../numbers.js';
import { printLine, printNote } from '../terminal.js';

/** Those of @unblur/trainer, which is not loaded before it trains. */
const engines: EngineName[] = ['onnxruntime', 'torch', 'tfjs-webgpu', 'tfjs-tensorflow', 'tfjs-cpu'];

interface TrainOptions {
  out?: string;
  resume?: boolean;
  engine?: EngineName;
  nproc?: number;
  pack?: string;
  packWidth: number;
}

/** `unblur train`: a run as its file describes it. */
export function defineTrain(program: Command): void {
  program
    .command('train')
    .description('train a network as a run file describes')
    .argument('<run.yaml>', 'the run: network, data, losses, schedule')
    .option('--out <folder>', 'folder of the run (default: runs/<name of the file>)')
    .option('--resume', 'go on from the last checkpoint in the folder of the run')
    .addOption(new Option('--engine <name>', "what computes, instead of the run file's").choices(engines))
    .option('--nproc <n>', 'processes that share a batch on the engine torch, one per GPU (default: 1)', wholeNumber(1))
    .option('--pack <archive>', 'train nothing; pack the run, its data and this program into an archive (.tar.xz) that starts it on a machine with PyTorch alone')
    .option('--pack-width <pixels>', 'pictures of the training data that are wider are packed this wide', wholeNumber(64), 1280)
    .action(runTraining);
}

async function runTraining(runFile: string, { nproc, pack, packWidth, ...options }: TrainOptions): Promise<void> {
  await import('@tensorflow/tfjs');
  const { packRun, train } = await import('@unblur/trainer');
  if (pack !== undefined) {
    const bytes = await packRun(runFile, pack, { widthPixels: packWidth });
    printLine(`packed ${(bytes / 1e6).toFixed(1)} MB -> ${pack}`);
    return;
  }
  const { step, interrupted, runFolder } = await train(runFile, { ...options, ...(nproc !== undefined && { processes: nproc }) });
  if (interrupted) {
    printNote(step === 0 ? 'unblur: interrupted before the first step; nothing was trained.' : `unblur: interrupted after step ${step}; go on with: unblur train ${runFile} --resume --out ${runFolder}`);
    process.exitCode = interruptedCode;
  } else printLine(`trained ${step} steps -> ${runFolder}`);
  // The GPU that the engine tfjs-webgpu holds would keep the process alive.
  process.exit();
}
