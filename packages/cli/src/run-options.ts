import type { Precision } from '@unblur/inference';
import { Option, type Command } from 'commander';
import { wholeNumber } from './numbers.js';

export interface RunOptions {
  threads?: number;
  json?: boolean;
}

/** Adds what every command that runs a network takes: `--threads`, `--json` and, unless told not to, `--precision`. */
export function addRunOptions(command: Command, { withPrecision = true } = {}): Command {
  command
    .option('--threads <n>', 'processor threads to use (default: all)', wholeNumber(1, 1024))
    .option('--json', 'print JSON for programs');
  if (!withPrecision) return command;
  return command.addOption(
    new Option(
      '--precision <numbers>',
      'number format that ONNX Runtime computes in: float32, or int8, about 1.6 times as fast with calibrated weights, such as the bundled ones for photographs',
    )
      .choices(['int8', 'float32'] satisfies Precision[])
      .default('int8' satisfies Precision),
  );
}
