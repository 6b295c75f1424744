import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { types } from 'node:util';
import { retryWhileBusy, retryWhileBusySync } from './busy-file.js';
import { explainFileError } from './file-error.js';
import { isRunning, ownProcess, type ProcessIdentity } from './process-identity.js';

/**
 * Whatever is not a result carries in its name the process that it belongs to:
 * `.unblur-<machine>-<pid>-<started>-<random>`, with `.<job>.lock` behind it for a lock. So anyone can tell
 * what a process that was killed has left.
 */
const ownedName = /^\.unblur-([0-9a-f]{8})-(\d{1,10})-([0-9a-z]+)-[0-9a-f]{8}(?:\.(.*)\.lock)?$/;

/** A file or folder that belongs to a process. */
export interface OwnedEntry {
  name: string;
  owner: ProcessIdentity;
  /** The job that it locks, where it is a lock. */
  job: string | undefined;
}

/** A name that no other process, and no earlier call, has used. */
export function newOwnedName(job?: string): string {
  const { machine, pid, started } = ownProcess;
  return `.unblur-${machine}-${pid}-${started}-${randomBytes(4).toString('hex')}${job === undefined ? '' : `.${job}.lock`}`;
}

/**
 * Of processes that cannot be looked at from here, what has not been touched for so long counts as abandoned.
 */
const silenceMilliseconds = { lock: 5 * 60_000, folder: 24 * 3_600_000 };

/** What lies in a folder; nothing where it cannot be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What belongs to processes in a folder; none where it cannot be read. */
export function listOwned(folder: string): OwnedEntry[] {
  return namesIn(folder).flatMap((name) => {
    const [, machine, pid, started, job] = ownedName.exec(name) ?? [];
    return machine === undefined
      ? []
      : [{ name, owner: { machine, pid: Number(pid), started: started! }, job }];
  });
}

/** Whether the process that made an entry is gone. */
export function isAbandoned(folder: string, { name, owner, job }: OwnedEntry): boolean {
  const running = isRunning(owner);
  if (running !== undefined) return !running;
  const touched = lastTouched(join(folder, name));
  return (
    touched !== undefined && Date.now() - touched > silenceMilliseconds[job === undefined ? 'folder' : 'lock']
  );
}

/** When a file, or a folder or something in it, was last written, in milliseconds; `undefined`: it is gone. */
function lastTouched(path: string): number | undefined {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  // A file that grows, such as a clip that takes days, does not change the time of its folder.
  const inside = entry?.isDirectory() ? namesIn(path) : [];
  const times = inside.map((name) => lstatSync(join(path, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return entry && Math.max(entry.mtimeMs, ...times);
}

/**
 * Removes from a folder what processes that are gone have left there. What cannot be removed stays: it is in
 * nobody's way.
 */
export function clearAbandoned(folder: string): void {
  for (const entry of listOwned(folder)) {
    if (!isAbandoned(folder, entry)) continue;
    try {
      rmSync(join(folder, entry.name), { recursive: true, force: true });
    } catch {
      continue;
    }
  }
}

const cleared = new Set<string>();

/**
 * A new folder for what is not finished, for this user alone; the caller moves out what is, and removes it.
 * The first one of a process in a folder also clears there what killed processes have left.
 *
 * @param parent on the file system where the results go, so that moving them is one step. It must exist.
 */
export function makeTemporaryFolder(parent: string): string {
  if (!cleared.has(parent)) {
    cleared.add(parent);
    clearAbandoned(parent);
  }
  const folder = join(parent, newOwnedName());
  // Fails where anything lies there, a symbolic link too.
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/**
 * Removes a temporary file or folder, or a lock, of this process. What cannot be removed stays: a later
 * process clears it, and no work fails for it.
 */
export async function removeTemporary(path: string): Promise<void> {
  await retryWhileBusy(() => rm(path, { recursive: true, force: true })).catch(() => undefined);
}

/** The same at once, for code that may not be interrupted half-way. */
export function removeTemporarySync(path: string): void {
  try {
    retryWhileBusySync(() => rmSync(path, { recursive: true, force: true }));
  } catch {
    // It stays.
  }
}

/** Removes a folder and those above it, up to `top`, as far as there is nothing in them. */
export async function removeEmpty(folder: string, top: string): Promise<void> {
  try {
    for (let path = folder; path.startsWith(top); path = dirname(path)) await rmdir(path);
  } catch {
    // What is not empty stays.
  }
}

/** Of writing to an open file: errors that name no path. */
const fullDiskCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Lets somebody else's code write into a hidden folder, whose name would tell a user nothing: errors of files
 * there are explained under the path that they were to get, and other messages name that. An error that has
 * nothing to do with these files is thrown as it is.
 *
 * @param hidden a file, or a folder of files.
 * @param final where they are to lie.
 */
export async function explainingStaging(
  hidden: string,
  final: string,
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw explainStagingError(error, hidden, final);
  }
}

function explainStagingError(error: unknown, hidden: string, final: string): unknown {
  if (!types.isNativeError(error)) return error;
  const { code, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  if (code !== undefined) {
    const file = [dest, path].find((place) => place === hidden || place?.startsWith(`${hidden}${sep}`));
    if (file !== undefined) return explainFileError('write', final + file.slice(hidden.length), error);
    if (path === undefined && fullDiskCodes.has(code)) return explainFileError('write', final, error);
  }
  if (error.message.includes(hidden)) error.message = error.message.replaceAll(hidden, final);
  return error;
}
