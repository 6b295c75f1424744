import type { Command } from 'commander';
import { printLine } from '../terminal.js';

/** `unblur report`: a training run on one page. */
export function defineReport(program: Command): void {
  program
    .command('report')
    .description(
      'write report.html into the folder of a training run: curves, validation, pictures, the run file',
    )
    .argument('<run>', 'folder of the run, such as runs/my-run')
    .action(async (runFolder: string) => {
      const { writeRunReport } = await import('@unblur/trainer');
      printLine(writeRunReport(runFolder));
    });
}
