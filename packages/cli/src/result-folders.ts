import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { digestOfFile } from '@unblur/files';
import { parseMapping } from '@unblur/files/parsed-value';
import { isResultName } from '@unblur/inference/result-names';
import { comparableName, nameResults, type FoundPhoto } from './photo-paths.js';
import { readOnce, streamName } from './standard-streams.js';

/** Which photograph the results beside it are of, and how they were made. */
export const recordName = 'restoration.json';

export interface RestorationRecord {
  /** Its name, without folders. */
  photograph: string;
  /** Of its bytes, so that it is known again wherever it lies. */
  sha256: string;
}

/** All that shows in the results, by its name: weights, options. */
export type MadeWith = Record<string, string | number | boolean>;

/** What the file beside results holds. */
interface FinishedRecord extends RestorationRecord {
  madeWith: MadeWith;
  /** How large each of the other files is. */
  fileBytes: Record<string, number>;
}

/** A photograph and where its results go. */
export interface ResultJob {
  path: string;
  /** What messages call it. */
  label: string;
  /** All of it, where it can be read once only. */
  bytes?: Buffer;
  /** Below the folder of all results. */
  name: string;
  folder: string;
  record: RestorationRecord;
  /** The folder of its name, where that holds other results. */
  taken?: { folder: string; by: OtherResults };
}

/** What a folder may hold, as seen by a photograph that is to be restored. */
type HeldResults = 'nothing' | 'the same' | OtherResults;
type OtherResults = 'other options' | 'another photograph';

export interface AssignmentOptions {
  madeWith: MadeWith;
  /** Whether results of the same photograph made with other options give way. */
  overwrite: boolean;
  signal: AbortSignal;
}

/**
 * Gives every photograph a folder below `out` that is new, or holds its results as they are made now: those of
 * another one, or made with other options, are left alone and the next number is taken.
 */
export async function assignResults(
  photos: readonly FoundPhoto[],
  out: string,
  { madeWith, overwrite, signal }: AssignmentOptions,
): Promise<ResultJob[]> {
  const names = nameResults(photos);
  const reserved = new Set(names.map(comparableName));
  const jobs: ResultJob[] = [];
  for (const [index, { path, isStream = false }] of photos.entries()) {
    const label = isStream ? streamName(path) : path;
    const bytes = isStream ? await readOnce(path, signal) : undefined;
    // An empty text where the file cannot be read: whoever reads it next says why.
    const sha256 = bytes
      ? createHash('sha256').update(bytes).digest('hex')
      : await digestOfFile(path).catch(() => '');
    const record = { photograph: basename(label), sha256 };
    const name = names[index]!;
    const isFree = (folder: string) => folder === name || !reserved.has(comparableName(folder));
    const { chosen, taken } = await chooseFolder(name, isFree, overwrite, (folder) =>
      resultsIn(join(out, folder), record, madeWith),
    );
    reserved.add(comparableName(chosen));
    jobs.push({
      path,
      label,
      ...(bytes && { bytes }),
      name: chosen,
      folder: join(out, chosen),
      record,
      ...(taken && chosen !== name && { taken: { folder: join(out, name), by: taken } }),
    });
  }
  return jobs;
}

/** The first of `name`, `name-2`, `name-3` ... for a photograph's results, and what keeps it from `name`. */
async function chooseFolder(
  name: string,
  isFree: (folder: string) => boolean,
  overwrite: boolean,
  look: (folder: string) => Promise<HeldResults>,
): Promise<{ chosen: string; taken?: OtherResults }> {
  let taken: OtherResults | undefined;
  let replaceable: string | undefined;
  for (let number = 1; ; number++) {
    const chosen = number === 1 ? name : `${name}-${number}`;
    if (!isFree(chosen)) continue;
    const held = await look(chosen);
    if (held === 'the same') return { chosen, ...(taken && { taken }) };
    if (held === 'nothing') return { chosen: replaceable ?? chosen, ...(taken && { taken }) };
    if (number === 1) taken = held;
    if (overwrite && held === 'other options') replaceable ??= chosen;
  }
}

/** Writes beside results which photograph they are of, and how they were made. */
export async function writeRecord(
  folder: string,
  record: RestorationRecord,
  madeWith: MadeWith,
): Promise<void> {
  const fileBytes: FinishedRecord['fileBytes'] = {};
  for (const name of (await readdir(folder)).sort()) {
    if (name !== recordName) fileBytes[name] = (await stat(join(folder, name))).size;
  }
  const finished: FinishedRecord = { ...record, madeWith, fileBytes };
  await writeFile(join(folder, recordName), `${JSON.stringify(finished, null, 2)}\n`);
}

/** Whether the results of a photograph are there already, made in the same way and all of them. */
export async function isRestored({ folder, record }: ResultJob, madeWith: MadeWith): Promise<boolean> {
  const found = await readRecord(folder);
  if (record.sha256 === '' || found?.sha256 !== record.sha256) return false;
  if (!isMadeWith(found, madeWith)) return false;
  for (const [name, bytes] of Object.entries(found.fileBytes ?? {})) {
    // A computer that stops while files take the place of older ones leaves some of each.
    if ((await stat(join(folder, name)).catch(() => undefined))?.size !== bytes) return false;
  }
  return true;
}

async function resultsIn(
  folder: string,
  { sha256 }: RestorationRecord,
  madeWith: MadeWith,
): Promise<HeldResults> {
  // Of a photograph that cannot be read there will be no results.
  if (sha256 === '') return 'nothing';
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.some((name) => name === recordName || isResultName(name))) return 'nothing';
  const found = await readRecord(folder);
  if (found?.sha256 !== sha256) return 'another photograph';
  return isMadeWith(found, madeWith) ? 'the same' : 'other options';
}

function isMadeWith(record: Partial<FinishedRecord>, madeWith: MadeWith): boolean {
  return JSON.stringify(record.madeWith) === JSON.stringify(madeWith);
}

/** What is noted beside results; undefined where that is nothing, or damaged. */
async function readRecord(folder: string): Promise<Partial<FinishedRecord> | undefined> {
  return parseMapping(await readFile(join(folder, recordName), 'utf8').catch(() => ''));
}
