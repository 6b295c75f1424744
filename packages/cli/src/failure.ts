import { types } from 'node:util';
import { explainStrayFileError } from '@unblur/files';
import { nameFlags } from './flag-names.js';
import { printNote } from './terminal.js';

/**
 * One line for the user: what was wrong and, where it is known, what would be right.
 *
 * @param offers whether the command has a flag that a message may name. Default: any.
 */
export function describeFailure(error: unknown, offers?: (flag: string) => boolean): string {
  if (!types.isNativeError(error)) return String(error);
  const { message, name } = explainStrayFileError(error) ?? error;
  const line = message.trim().replace(/\s*\n\s*/g, ' ') || name;
  if (outOfMemory.test(line)) {
    return 'There is not enough memory for this; use smaller pictures, fewer frames, or a lower --memory if the command has it';
  }
  if (innerErrors.has(name) || (name === 'RangeError' && engineRange.test(line))) {
    return 'An unexpected error occurred, which is a bug in this program; run it again with --debug before the command and report what it prints';
  }
  return nameFlags(line, offers);
}

/** With `--debug`: where an error came from, below the line that describes it. */
export function printOrigin(error: unknown, { debug = false }: { debug?: boolean }): void {
  if (!debug || !types.isNativeError(error)) return;
  for (const line of (error.stack ?? '').split('\n')) printNote(line);
}

/** What the JavaScript engine says of a mistake in a program; nobody here throws these. */
const innerErrors = new Set(['TypeError', 'ReferenceError', 'SyntaxError', 'EvalError', 'URIError']);
const engineRange =
  /^(Maximum call stack|Invalid \w+( \w+)? length|Offset is outside|Start offset|Length out of range)/;
const outOfMemory =
  /std::bad_alloc|Array buffer allocation failed|^Invalid (typed )?array length|Failed to allocate memory/;
