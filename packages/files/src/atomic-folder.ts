import { constants } from 'node:fs';
import { access, copyFile, link, lstat, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { retryWhileBusy } from './busy-file.js';
import { explainFileError, explainingFileErrors } from './file-error.js';
import { makeFolder } from './make-folder.js';
import { explainingStaging, makeTemporaryFolder, removeEmpty, removeTemporary } from './temporary-folder.js';

/**
 * Lets `write` fill a folder so that nothing half-written ever stands under a final name: it writes into a
 * hidden folder, whose contents take their place when all files are complete.
 *
 * Where `destination` is new, it appears in one step. Where it exists, what others keep there stays, so the
 * new files are moved into it one by one: first it is made sure that each has room, and where a move fails
 * all the same those before it are undone. Only a process that is killed during the moves leaves some of the
 * old files beside some of the new ones, each whole.
 *
 * @param destination made where it does not exist, and the folders above it; files of the same names in it,
 * and in folders of the same names in it, are replaced, others stay.
 * @returns the paths of what `write` made in the folder, in the order of their names.
 * @throws UnblurError that names `destination`, or a file in it, where that cannot be written; whatever else
 * `write` throws, as it is, with paths in its message as if it had written into `destination`. Then
 * everything is as it was before.
 */
export async function writeFolderAtomically(
  destination: string,
  write: (folder: string) => Promise<unknown>,
): Promise<string[]> {
  const explaining = <T>(access: () => T | Promise<T>) => explainingFileErrors('write', destination, access);
  const { temporary, madeParent } = await explaining(() => makeFolderFor(destination));
  try {
    const staging = join(temporary, basename(resolve(destination)) || 'folder');
    await explaining(() => mkdir(staging));
    await explainingStaging(staging, destination, () => write(staging));
    const names = (await explaining(() => readdir(staging))).sort();
    if (!(await explaining(() => takePlace(staging, destination)))) {
      await mergeInto(destination, staging, `${staging}.replaced`);
    }
    return names.map((name) => join(destination, name));
  } finally {
    await removeTemporary(temporary);
    if (madeParent) await removeEmpty(dirname(temporary), madeParent);
  }
}

/**
 * A hidden folder on the file system of `destination`: in it where it exists, else beside it. @returns also
 * the uppermost of the folders above that had to be made.
 */
async function makeFolderFor(
  destination: string,
): Promise<{ temporary: string; madeParent: string | undefined }> {
  if (await isFolder(destination)) {
    return { temporary: makeTemporaryFolder(destination), madeParent: undefined };
  }
  const parent = dirname(resolve(destination));
  const madeParent = await makeFolder(parent);
  return { temporary: makeTemporaryFolder(parent), madeParent };
}

/** @throws UnblurError where something else than a folder is there. */
async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(nothingThere);
  if (found && !found.isDirectory()) throw inTheWay(path, 'file');
  return found !== undefined;
}

function nothingThere(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT') throw cause;
}

function inTheWay(path: string, what: 'file' | 'folder'): Error {
  const code = what === 'file' ? 'EEXIST' : 'EISDIR';
  return explainFileError('write', path, Object.assign(new Error(code), { code }));
}

/** In one step. @returns false where the folder exists, maybe only since a moment ago. */
async function takePlace(staging: string, destination: string): Promise<boolean> {
  if (await isFolder(destination)) return false;
  try {
    await move(staging, destination);
    return true;
  } catch (cause) {
    // Systems say it in different words: ENOTEMPTY, EEXIST, on Windows EPERM.
    if (await isFolder(destination)) return false;
    throw cause;
  }
}

const move = (from: string, to: string): Promise<void> => retryWhileBusy(() => rename(from, to));

interface Move {
  from: string;
  to: string;
  /** Whether a file lies there already. */
  replaces: boolean;
}

/**
 * Moves what is in a folder into another: all of it or, where that fails, nothing.
 *
 * @param kept a folder to make on the same file system, for the files that are replaced.
 * @throws UnblurError that names the file that cannot be written.
 */
async function mergeInto(destination: string, staging: string, kept: string): Promise<void> {
  const moves = await planMoves(staging, destination);
  await mkdir(kept);
  const keptPath = (index: number) => join(kept, String(index));
  for (const [index, { to, replaces }] of moves.entries()) {
    if (replaces) await explainingFileErrors('write', to, () => keep(to, keptPath(index)));
  }
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const [index, { from, to, replaces }] of moves.entries()) {
      await explainingFileErrors('write', to, () => move(from, to));
      undo.push(() => (replaces ? move(keptPath(index), to) : move(to, from)));
    }
  } catch (cause) {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    throw cause;
  }
}

/** Another name for a file, or a copy on file systems that know no second names. */
async function keep(path: string, keptPath: string): Promise<void> {
  await link(path, keptPath).catch(() => copyFile(path, keptPath));
}

/** Folders that are in both are gone through, everything else is moved. */
async function planMoves(staging: string, destination: string): Promise<Move[]> {
  await explainingFileErrors('write', destination, () => access(destination, constants.W_OK));
  const moves: Move[] = [];
  for (const entry of await readdir(staging, { withFileTypes: true })) {
    const [from, to] = [join(staging, entry.name), join(destination, entry.name)];
    const present = await lstat(to).catch(nothingThere);
    const isPresentFolder = (await stat(to).catch(nothingThere))?.isDirectory() ?? false;
    if (present && entry.isDirectory() !== isPresentFolder) {
      throw inTheWay(to, isPresentFolder ? 'folder' : 'file');
    }
    if (isPresentFolder) moves.push(...(await planMoves(from, to)));
    else moves.push({ from, to, replaces: present !== undefined });
  }
  return moves;
}
