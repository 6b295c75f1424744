import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { explainFileError } from './file-error.js';

/** The SHA-256 of a file of any size, in hexadecimal digits. @throws UnblurError where it cannot be read. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash).catch((cause: unknown) => {
    throw explainFileError('read', path, cause);
  });
  return hash.digest('hex');
}
