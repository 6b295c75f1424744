import { statSync } from 'node:fs';
import { UnblurError } from '@unblur/files';
import type { Command } from 'commander';

/** Adds `--overwrite` to a command that writes one file. */
export function addOverwriteOption(command: Command): Command {
  return command.option('--overwrite', 'replace the output file if it exists', false);
}

/**
 * Asked before any work, so that none is done for nothing.
 *
 * @throws UnblurError where there is a file at the path that is not to be replaced.
 */
export function expectNewFile(path: string, overwrite: boolean): void {
  if (!overwrite && statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new UnblurError(`${path} exists; choose another name, or replace it with --overwrite`);
  }
}
