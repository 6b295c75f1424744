import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { types } from 'node:util';
import { makeTemporaryFolder } from './temporary-folder.js';

/**
 * Lets `write` fill a folder so that nothing half-written ever stands under a final name: it writes into a
 * hidden folder beside `destination`, which takes its place when all files are complete. After an error, an
 * interruption among them, nothing is left of it.
 *
 * @param destination made where it does not exist, and the folders above it; files of the same names in it
 * are replaced, others stay.
 * @returns the paths of the files, in the order of their names.
 * @throws what `write` throws, with paths in messages as if it had written into `destination`.
 */
export async function writeFolderAtomically(
  destination: string,
  write: (folder: string) => Promise<unknown>,
): Promise<string[]> {
  const parent = dirname(destination);
  let temporary: string | undefined;
  let staging = destination;
  try {
    await mkdir(parent, { recursive: true });
    temporary = makeTemporaryFolder(parent);
    staging = join(temporary, basename(destination));
    await mkdir(staging);
    await write(staging);
    const names = (await readdir(staging)).sort();
    await moveFiles(staging, destination, names);
    return names.map((name) => join(destination, name));
  } catch (error) {
    throw hideStaging(error);
  } finally {
    if (temporary) await rm(temporary, { recursive: true, force: true });
  }

  /** The hidden folder's name would tell a user nothing. */
  function hideStaging(error: unknown): unknown {
    if (!types.isNativeError(error)) return error;
    if ('code' in error) return Object.assign(error, { path: destination, dest: undefined });
    error.message = error.message.replaceAll(staging, destination);
    return error;
  }
}

/** In one step where the folder is new, else file by file. */
async function moveFiles(staging: string, destination: string, names: string[]): Promise<void> {
  if (!existsSync(destination)) return rename(staging, destination);
  await mkdir(destination, { recursive: true });
  for (const name of names) await rename(join(staging, name), join(destination, name));
}
