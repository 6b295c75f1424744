import type { Command } from 'commander';
import { wholeNumber } from './numbers.js';

export interface RunOptions {
  threads?: number;
  json?: boolean;
}

/** Adds what every command that runs a network takes: `--threads` and `--json`. */
export function addRunOptions(command: Command): Command {
  return command
    .option('--threads <n>', 'processor threads to use (default: all)', wholeNumber(1, 1024))
    .option('--json', 'print JSON for programs');
}
