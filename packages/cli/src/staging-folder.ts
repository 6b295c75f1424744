import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onInterruption } from './interruption.js';

/**
 * Lets `write` fill a folder so that nothing half-written ever stands under a final name: it writes into a hidden folder
 * beside `destination`, whose files are moved over when all are complete. After an error or an interruption the hidden
 * folder is gone.
 *
 * @param destination made where it does not exist; files of the same names in it are replaced
 * @returns the paths of the files, in the order of their names
 */
export async function writeFolder(destination: string, write: (folder: string) => Promise<void>): Promise<string[]> {
  const staging = join(dirname(destination), `.unblur-${randomUUID().slice(0, 8)}`);
  const discard = () => rmSync(staging, { recursive: true, force: true });
  const keepAfterInterruption = onInterruption(discard);
  try {
    await mkdir(staging, { recursive: true });
    await write(staging);
    await mkdir(destination, { recursive: true });
    const names = (await readdir(staging)).sort();
    for (const name of names) await rename(join(staging, name), join(destination, name));
    return names.map((name) => join(destination, name));
  } catch (error) {
    // The hidden folder's name would tell a user nothing.
    if (error instanceof Error && 'code' in error) Object.assign(error, { path: destination, dest: undefined });
    throw error;
  } finally {
    discard();
    keepAfterInterruption();
  }
}
