import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { explainFileError, UnblurError } from './file-error.js';
import { removeEmpty } from './temporary-folder.js';

/**
 * Makes a folder and those above it, as far as they do not exist. Node's own recursive `mkdir` never ends on
 * file systems such as `/proc`, which say of any new folder that the one above it is missing.
 *
 * @returns the uppermost folder that was made, as an absolute path; `undefined` where all were there.
 * @throws UnblurError that names `folder`; then none that was made stays.
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const missing = [resolve(folder)];
  for (;;) {
    const above = dirname(missing[0]!);
    if (above === missing[0] || existsSync(above)) break;
    missing.unshift(above);
  }
  const made: string[] = [];
  try {
    for (const path of missing) if (await makeOne(path)) made.push(path);
  } catch (cause) {
    if (made.length > 0) await removeEmpty(made.at(-1)!, made[0]!);
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UnblurError(`Could not write ${folder}: no folder can be made there; choose another path`, {
        cause,
      });
    }
    throw explainFileError('write', folder, cause);
  }
  return made[0];
}

/** @returns whether it was made: others may have made it meanwhile. */
async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (cause) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) return false;
    throw cause;
  }
}
