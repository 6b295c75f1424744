import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeTemporaryFolder, UnblurError } from '@unblur/files';

/** What stands for standard input or output where a file is named. */
export const standardStream = '-';

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
        .replaceAll(`-i ${join(folder, 'input')}`, `-i ${standardStream}`)
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
    await rm(folder, { recursive: true, force: true });
  }
}
