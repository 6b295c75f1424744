import { createHash } from 'node:crypto';
import { readFileSync, utimesSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { explainFileError, UnblurError } from './file-error.js';
import { makeFolder } from './make-folder.js';
import { parseMapping } from './parsed-value.js';
import { isRunning } from './process-identity.js';
import {
  clearAbandoned,
  isAbandoned,
  listOwned,
  newOwnedName,
  removeEmpty,
  removeTemporary,
  type OwnedEntry,
} from './temporary-folder.js';

const attempts = 6;
const longestPauseMilliseconds = 100;
const signOfLifeMilliseconds = 30_000;

/** What a lock file says of who holds it. */
interface Holder {
  host: string;
  /** ISO 8601. */
  since: string;
  /** Of what is done in the folder; absent: all of it. */
  parts?: string[];
}

export interface LockOptions {
  /**
   * What is worked on, where the job is done in parts: others may work on other parts. Default: all of it.
   */
  parts?: readonly string[];
  /**
   * Whether the folder is made where it does not exist, and removed again where nothing came into it. Default
   * true.
   */
  makesFolder?: boolean;
  /** What was asked for, as messages name it. Default: the folder. */
  result?: string;
}

/**
 * Does a job in a folder that no other process, nor another call, may do there at the same time. Beforehand
 * clears what killed processes have left.
 *
 * The lock is a file of one's own: first one's own is written, then one looks for others'. Whoever comes
 * later sees the earlier one, so two never hold it; what a killed process left is ignored and cleared, with
 * nothing to be taken over from it.
 *
 * @param job names what may be done once at a time, within the folder.
 * @throws UnblurError that says who is at work, or that nothing can be written in the folder.
 */
export async function doLocked<T>(
  folder: string,
  job: string,
  work: () => Promise<T>,
  { parts, makesFolder = true, result = folder }: LockOptions = {},
): Promise<T> {
  const made = makesFolder && (await makeFolder(folder));
  try {
    clearAbandoned(folder);
    const lock = await takeLock(folder, job, parts, result);
    const signsOfLife = setInterval(() => touch(lock), signOfLifeMilliseconds).unref();
    try {
      return await work();
    } finally {
      clearInterval(signsOfLife);
      await removeTemporary(lock);
    }
  } finally {
    if (made) await removeEmpty(resolve(folder), made);
  }
}

async function takeLock(
  folder: string,
  job: string,
  parts: readonly string[] | undefined,
  result: string,
): Promise<string> {
  const lockedAs = shortName(job);
  const holder: Holder = {
    host: hostname(),
    since: new Date().toISOString(),
    ...(parts && { parts: [...parts] }),
  };
  const isInTheWay = (entry: OwnedEntry) =>
    entry.job === lockedAs &&
    overlap(parts, readHolder(join(folder, entry.name)).parts) &&
    !isAbandoned(folder, entry);
  for (let attempt = 1; ; attempt++) {
    const own = newOwnedName(lockedAs);
    const path = join(folder, own);
    await writeFile(path, JSON.stringify(holder), { flag: 'wx' }).catch(async (cause: unknown) => {
      await removeTemporary(path);
      throw explainFileError('write', folder, cause);
    });
    const other = listOwned(folder).find((entry) => entry.name !== own && isInTheWay(entry));
    if (!other) return path;
    await removeTemporary(path);
    if (attempt === attempts) {
      throw new UnblurError(
        `Another unblur is at work on ${result} (${describeHolder(folder, other)}). Wait until it has finished, or choose another place for the result.`,
      );
    }
    // Two that begin at the same moment see each other: pauses of different lengths let one be first.
    await wait(Math.random() * longestPauseMilliseconds);
  }
}

/** A lock that is being written, or cannot be read, counts as one on everything. */
function overlap(own: readonly string[] | undefined, others: readonly string[] | undefined): boolean {
  if (own === undefined || !Array.isArray(others)) return true;
  const known = new Set(others);
  return own.some((part) => known.has(part));
}

function describeHolder(folder: string, { name, owner }: OwnedEntry): string {
  const { host, since } = readHolder(join(folder, name));
  const time = new Date(since ?? '');
  // Local time, as 2026-01-31 10:05: training may have begun days ago.
  const started = Number.isNaN(time.getTime())
    ? ''
    : `, since ${time.toLocaleString('sv-SE').slice(0, -':00'.length)}`;
  if (isRunning(owner) !== undefined) return `process ${owner.pid}${started}`;
  return `process ${owner.pid} on ${host ?? 'another machine'}${started}; if that has ended, remove ${join(folder, name)}`;
}

function readHolder(path: string): Partial<Holder> {
  try {
    return parseMapping(readFileSync(path, 'utf8')) ?? {};
  } catch {
    return {};
  }
}

/** Those who cannot look at this process see from the file's time that it is alive. */
function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The folder was taken away from under the job, which will notice by itself.
  }
}

/** Part of a file name: long ones by their digest, since file systems end at 255 bytes. */
function shortName(job: string): string {
  const plain = job.replaceAll(/[^\p{L}\p{N}._-]/gu, '_');
  return plain === job && Buffer.byteLength(job) <= 100
    ? job
    : `${plain.slice(0, 20)}-${createHash('sha256').update(job).digest('hex').slice(0, 12)}`;
}
