import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { types } from 'node:util';

/**
 * Lets `write` fill a folder so that nothing half-written ever stands under a final name: it writes into a hidden folder
 * beside `destination`, whose files are moved over when all are complete. After an error, an interruption
 * among them, the hidden folder is gone.
 *
 * @param destination made where it does not exist; files of the same names in it are replaced
 * @returns the paths of the files, in the order of their names
 */
export async function writeFolder(destination: string, write: (folder: string) => Promise<unknown>): Promise<string[]> {
  const staging = join(dirname(destination), `.unblur-${randomUUID().slice(0, 8)}`);
  try {
    await mkdir(staging, { recursive: true });
    await write(staging);
    await mkdir(destination, { recursive: true });
    const names = (await readdir(staging)).sort();
    for (const name of names) await rename(join(staging, name), join(destination, name));
    return names.map((name) => join(destination, name));
  } catch (error) {
    throw hideStaging(error);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }

  /** The hidden folder's name would tell a user nothing. */
  function hideStaging(error: unknown): unknown {
    if (!types.isNativeError(error)) return error;
    if ('code' in error) return Object.assign(error, { path: destination, dest: undefined });
    error.message = error.message.replaceAll(staging, destination);
    return error;
  }
}
