import { Option } from 'commander';
import type { Command } from 'commander';
import { interruptedCode } from '../interruption.js';
import { wholeNumber } from '../numbers.js';
import { printLine, printNote } from '../terminal.js';

interface TrainOptions {
  out?: string;
  resume?: boolean;
  engine?: 'onnxruntime' | 'torch';
  nproc?: number;
}

/** `unblur train`: a run as its file describes it. */
export function defineTrain(program: Command): void {
  program
    .command('train')
    .description('train a network as a run file describes')
    .argument('<run.yaml>', 'the run: network, data, losses, schedule')
    .option('--out <folder>', 'folder of the run (default: runs/<name of the file>)')
    .option('--resume', 'go on from the last checkpoint in the folder of the run')
    .addOption(new Option('--engine <name>', "what computes, instead of the run file's: torch needs PyTorch and uses its GPUs").choices(['onnxruntime', 'torch']))
    .option('--nproc <n>', 'processes that share a batch on the engine torch, one per GPU (default: 1)', wholeNumber(1))
    .action(runTraining);
}

async function runTraining(runFile: string, { nproc, ...options }: TrainOptions): Promise<void> {
  await import('@tensorflow/tfjs');
  const { train } = await import('@unblur/trainer');
  const { step, interrupted, runFolder } = await train(runFile, { ...options, ...(nproc !== undefined && { processes: nproc }) });
  if (interrupted) {
    printNote(`unblur: interrupted after step ${step}; go on with: unblur train ${runFile} --resume --out ${runFolder}`);
    process.exitCode = interruptedCode;
  } else printLine(`trained ${step} steps -> ${runFolder}`);
}
