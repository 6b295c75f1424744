import { createReadStream, createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InvalidArgumentError } from 'commander';
import {
  explainFileError,
  makeTemporaryFolder,
  removeTemporary,
  shellWord,
  UnblurError,
} from '@unblur/files';

/** What stands for standard input or output where a file is named. */
export const standardStream = '-';

/** A parser of what a command writes that cannot go to standard output. */
export function placeOnDisk(text: string): string {
  if (text !== standardStream) return text;
  throw new InvalidArgumentError(
    'Expected a file or folder: this does not go to standard output. One that is called - is ./-.',
  );
}

/** What messages call a stream that a command line names. */
export const streamName = (path: string): string => (isStandardInput(path) ? 'standard input' : path);

/** `/dev/stdin` cannot be opened where it is a socket. */
const isStandardInput = (path: string): boolean => path === standardStream || path === '/dev/stdin';

const largestPhotoBytes = 2 ** 30;

/**
 * All that a pipe or standard input holds, which is gone afterwards.
 *
 * @throws UnblurError when it cannot be read, is a terminal, or does not end; the signal's reason when
 * aborted.
 */
export async function readOnce(path: string, signal: AbortSignal): Promise<Buffer> {
  const isInput = isStandardInput(path);
  if (isInput && process.stdin.isTTY) {
    throw new UnblurError(
      'Expected a photograph on standard input, but it is a terminal; use: unblur restore - < photo.jpg',
    );
  }
  const stream = addAbortSignal(signal, isInput ? process.stdin : createReadStream(path));
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > largestPhotoBytes) {
        throw new UnblurError(
          `Expected a photograph of at most 1 GiB from ${streamName(path)} but received more; give one photograph`,
        );
      }
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof UnblurError ? cause : explainFileError('read', streamName(path), cause);
  }
  return Buffer.concat(chunks);
}

/** Files that a command line names, standard input and output among them. */
export interface NamedFiles {
  input: string;
  output: string;
  /** A message with what the user calls a file in place of the temporary one. */
  rename(message: string): string;
}

/**
 * Lets `work` read and write files where a command line names standard input or output: a clip has to be read
 * more than once, and is given out when it is whole.
 *
 * @param outputName the file name that stands for standard output, which says what kind of file it is.
 * @throws UnblurError when standard input is a terminal; what `work` throws.
 */
export async function withStandardStreams<T>(
  input: string,
  output: string,
  outputName: string,
  work: (files: NamedFiles) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (input !== standardStream && output !== standardStream) {
    return work({ input, output, rename: (message) => message });
  }
  if (input === standardStream && process.stdin.isTTY) {
    throw new UnblurError(
      'Expected a clip on standard input, but it is a terminal; use: unblur video - < clip.mp4',
    );
  }
  const folder = makeTemporaryFolder(tmpdir());
  const files: NamedFiles = {
    input: input === standardStream ? join(folder, 'input') : input,
    output: output === standardStream ? join(folder, outputName) : output,
    rename: (message) =>
      message
        .replaceAll(`${join(folder, 'input')}-repaired`, 'repaired')
        .replaceAll(`-i ${shellWord(join(folder, 'input'))}`, `-i ${standardStream}`)
        .replaceAll(join(folder, 'input'), 'standard input')
        .replaceAll(join(folder, outputName), 'standard output'),
  };
  try {
    if (input === standardStream) await pipeline(process.stdin, createWriteStream(files.input), { signal });
    const result = await work(files);
    if (output === standardStream) {
      await pipeline(createReadStream(files.output), process.stdout, { end: false, signal });
    }
    return result;
  } catch (cause) {
    if (cause instanceof UnblurError) cause.message = files.rename(cause.message);
    throw cause;
  } finally {
    await removeTemporary(folder);
  }
}
