import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { abortable } from './abort.js';
import { retryWhileBusy, retryWhileBusySync } from './busy-file.js';
import { explainFileError, explainingFileErrors, UnblurError } from './file-error.js';
import {
  explainingStaging,
  makeTemporaryFolder,
  removeTemporary,
  removeTemporarySync,
} from './temporary-folder.js';

/**
 * Lets `produce` write a file in a hidden folder beside `path`, then moves it to its place. After an error or
 * an abort nothing is left of it; a file that was there before stays as it was.
 *
 * @param produce writes the file under the path that it is given, which has the name of the final one.
 * @throws UnblurError that names `path`, not the temporary, where the file cannot be written; the signal's
 * reason when aborted; whatever else `produce` throws, as it is.
 */
export function produceAtomically(
  path: string,
  produce: (temporaryPath: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const explaining = <T>(access: () => T | Promise<T>) => explainingFileErrors('write', path, access);
  return abortable(signal, async () => {
    const folder = await explaining(() => makeTemporaryFolder(dirname(path)));
    try {
      const temporaryPath = join(folder, basename(path));
      await explainingStaging(temporaryPath, path, () => produce(temporaryPath));
      signal?.throwIfAborted();
      if (!existsSync(temporaryPath)) {
        throw new UnblurError(
          `Could not write ${path}: its writer produced no file at the path that it was given`,
        );
      }
      await explaining(() => moveToPlace(temporaryPath, path));
    } finally {
      await removeTemporary(folder);
    }
  });
}

/**
 * Writes bytes so that `path` holds either all of them or what it held before. @throws as
 * `produceAtomically`.
 */
export function writeAtomically(
  path: string,
  contents: Uint8Array | string,
  signal?: AbortSignal,
): Promise<void> {
  return produceAtomically(
    path,
    (temporaryPath) =>
      explainingFileErrors('write', path, () => writeFile(temporaryPath, contents, { signal })),
    signal,
  );
}

/** The same at once, for code that may not be interrupted half-way. @throws UnblurError that names `path`. */
export function writeAtomicallySync(path: string, contents: Uint8Array | string): void {
  let folder: string | undefined;
  try {
    folder = makeTemporaryFolder(dirname(path));
    const temporaryPath = join(folder, basename(path));
    const descriptor = openSync(temporaryPath, 'wx');
    try {
      writeFileSync(descriptor, contents);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    retryWhileBusySync(() => renameSync(temporaryPath, path));
  } catch (cause) {
    throw explainFileError('write', path, cause);
  } finally {
    if (folder) removeTemporarySync(folder);
  }
}

/** Adds all of `contents` to the end of a file, or nothing. @throws UnblurError that names `path`. */
export function appendWhole(path: string, contents: Uint8Array | string): void {
  try {
    const descriptor = openSync(path, 'a');
    const { size } = fstatSync(descriptor);
    try {
      writeFileSync(descriptor, contents);
    } catch (cause) {
      // What is no file on a disk, such as /dev/full, cannot be cut back and does not need it. By its path:
      // on Windows a file that is open for appending cannot be cut.
      if (fstatSync(descriptor).isFile()) truncateSync(path, size);
      throw cause;
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw explainFileError('write', path, cause);
  }
}

/** A file that is moved before its bytes are on the disk may be empty after a power failure. */
async function moveToPlace(temporaryPath: string, path: string): Promise<void> {
  const file = await open(temporaryPath, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await retryWhileBusy(() => rename(temporaryPath, path));
}
