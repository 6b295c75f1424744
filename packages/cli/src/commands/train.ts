import type { Command } from 'commander';

interface TrainOptions {
  out?: string;
  resume?: boolean;
}

/** `unblur train`: a run as its file describes it. */
export function defineTrain(program: Command): void {
  program
    .command('train')
    .description('train a network as a run file describes')
    .argument('<run.yaml>', 'the run: network, data, losses, schedule')
    .option('--out <folder>', 'folder of the run (default: runs/<name of the file>)')
    .option('--resume', 'go on from the last checkpoint in the folder of the run')
    .action(train);
}

async function train(runFile: string, options: TrainOptions): Promise<void> {
  const { trainRun } = await import('@unblur/trainer');
  await trainRun(runFile, options);
}
