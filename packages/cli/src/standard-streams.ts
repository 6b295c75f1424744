import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeTemporaryFolder, UnblurError } from '@unblur/files';

/** What stands for standard input or output where a file is named. */
export const standardStream = '-';

/**
 * Lets `work` read and write files where a command line names standard input or output: a clip has to be read more than once, and is
 * given out when it is whole.
 *
 * @param outputName the file name that stands for standard output, which says what kind of file it is.
 * @throws UnblurError when standard input is a terminal; what `work` throws.
 */
export async function withStandardStreams<T>(input: string, output: string, outputName: string, work: (input: string, output: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (input !== standardStream && output !== standardStream) return work(input, output);
  if (input === standardStream && process.stdin.isTTY) throw new UnblurError('Expected a clip on standard input, but it is a terminal; use: unblur video - < clip.mp4');
  const folder = makeTemporaryFolder(tmpdir());
  try {
    const inputFile = input === standardStream ? join(folder, 'standard-input') : input;
    const outputFile = output === standardStream ? join(folder, outputName) : output;
    if (input === standardStream) await pipeline(process.stdin, createWriteStream(inputFile), { signal });
    const result = await work(inputFile, outputFile);
    if (output === standardStream) await pipeline(createReadStream(outputFile), process.stdout, { end: false, signal });
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
