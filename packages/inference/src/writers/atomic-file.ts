import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainFileError } from '../unblur-error.js';

/**
 * Lets `produce` write a file under a temporary name in the same folder, then renames it. After an error or an abort neither the
 * temporary nor a half-written file under the final name is left; a file that was there before stays as it was.
 *
 * @throws UnblurError that names `path`, not the temporary; the signal's reason when aborted.
 */
export async function produceAtomically(path: string, produce: (temporaryPath: string) => Promise<void>, signal?: AbortSignal): Promise<void> {
  const temporaryPath = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.partial`);
  try {
    signal?.throwIfAborted();
    await produce(temporaryPath);
    signal?.throwIfAborted();
    await rename(temporaryPath, path);
  } catch (cause) {
    await rm(temporaryPath, { force: true }).catch(() => undefined);
    throw explainFileError('write', path, cause);
  }
}

/** Writes bytes so that `path` holds either all of them or what it held before. */
export function writeAtomically(path: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  return produceAtomically(path, (temporaryPath) => writeFile(temporaryPath, bytes, { signal }), signal);
}
