import { explainFileError } from '@unblur/files';
import { escapeControlCharacters, escapeJson } from './control-characters.js';

const barWidth = 24;
const millisecondsBetweenPlainLines = 20_000;

/**
 * From now on a reader that has closed standard output or standard error, as `head` does, is no failure: the
 * work goes on, what is printed is lost. Where standard output cannot take what is printed, as on a full
 * disk, one line says so and the process ends with code 1.
 */
export function surviveClosedOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isClosed(error) || outputFailed) return;
    outputFailed = true;
    printMessage(explainFileError('write', 'standard output', error).message);
    process.on('exit', () => void (process.exitCode ||= 1));
  });
}

let outputFailed = false;

const closedCodes = ['EPIPE', 'EOF', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE'];
const isClosed = ({ code }: NodeJS.ErrnoException): boolean => closedCodes.includes(code ?? '');

/** Whether an error says no more than that the reader of standard output has gone. */
export function isClosedOutput(error: unknown): boolean {
  return process.stdout.destroyed && error instanceof Error && isClosed(error);
}

/** Counted from the start of the process, so that short work prints none. */
let lastPlainLineAt = 0;

/**
 * One line of result, on standard output. Control characters, as names of files may have, are escaped here
 * and in everything else that is printed.
 */
export function printLine(line: string): void {
  process.stdout.write(`${escapeControlCharacters(line)}\n`);
}

/** One line about the work, on standard error, so that standard output stays clean for programs. */
export function printNote(line: string): void {
  clearBar();
  process.stderr.write(`${escapeControlCharacters(line)}\n`);
}

/** What the command itself has to say, after its name, on standard error. */
export function printMessage(line: string): void {
  printNote(`unblur: ${line}`);
}

/** A value for programs, on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${escapeJson(JSON.stringify(value, null, 2))}\n`);
}

/**
 * Shows how far long work has come, on standard error: a bar on a terminal, a plain line now and then
 * elsewhere.
 *
 * @param done pieces done, 0 to `total`; a part of the present one may count
 * @param label what is being done now
 */
export function drawProgress(done: number, total: number, label: string): void {
  const state = `${Math.floor(done)}/${total} ${escapeControlCharacters(label)}`;
  if (process.stderr.isTTY) {
    const filled = Math.round((done / Math.max(total, 1)) * barWidth);
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
    process.stderr.write(`\r\x1b[2K${`${bar} ${state}`.slice(0, (process.stderr.columns || 80) - 1)}`);
  } else if (performance.now() - lastPlainLineAt >= millisecondsBetweenPlainLines) {
    lastPlainLineAt = performance.now();
    process.stderr.write(`${state}\n`);
  }
}

/** Takes the bar away, so that the next line starts clean. */
export function clearBar(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
}
