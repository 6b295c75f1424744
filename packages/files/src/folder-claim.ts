import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from './atomic-file.js';
import { counted } from './counted.js';
import { UnblurError } from './file-error.js';
import { isMapping, parseMapping } from './parsed-value.js';
import { listOwned } from './temporary-folder.js';

/** What is made in a folder, noted in it, so that two different things never mix there. */
export interface FolderClaim {
  /** Name of the file in the folder that holds the record. */
  fileName: string;
  /** A mapping of plain data, the same for the same contents. */
  record: unknown;
  /**
   * What to tell the user where the folder holds another record.
   *
   * @param differences what it holds, such as `seed 4 instead of 5 and other panoramas`; or `a damaged record`.
   */
  otherwise: (differences: string) => string;
}

/**
 * Notes in a folder what is made there, or finds the same noted already: then a job that was stopped may go
 * on.
 *
 * @throws UnblurError with `otherwise` where the folder holds another record or a damaged one.
 */
export async function claimFolder(
  folder: string,
  { fileName, record, otherwise }: FolderClaim,
): Promise<void> {
  const path = join(folder, fileName);
  if (!existsSync(path)) {
    await writeAtomically(path, `${JSON.stringify(record, null, 2)}\n`);
    return;
  }
  const found = parseMapping(readFileSync(path, 'utf8'));
  if (JSON.stringify(found) === JSON.stringify(record)) return;
  throw new UnblurError(
    otherwise(found === undefined ? 'a damaged record' : inWords(differencesOf(found, record))),
  );
}

/**
 * Works in a folder that is claimed for it, under one's own lock (see `doLocked`). A new claim is given up
 * again where the work fails before anything has come of it, so that the folder is free for other work.
 *
 * @throws as `claimFolder`, and what `work` throws.
 */
export async function doClaimed<T>(folder: string, claim: FolderClaim, work: () => Promise<T>): Promise<T> {
  const isNew = !existsSync(join(folder, claim.fileName));
  const before = new Set(readdirSync(folder));
  await claimFolder(folder, claim);
  try {
    return await work();
  } catch (cause) {
    if (isNew) await giveUpUnused(folder, claim, before);
    throw cause;
  }
}

/** Removes a claim unless something has come into the folder or others are at work there. */
async function giveUpUnused(folder: string, claim: FolderClaim, before: ReadonlySet<string>): Promise<void> {
  const path = join(folder, claim.fileName);
  const isUsed = () =>
    readdirSync(folder).some((name) => name !== claim.fileName && !before.has(name)) ||
    listOwned(folder).length > 1;
  if (isUsed()) return;
  await rm(path, { force: true });
  // Whoever came meanwhile to make another part may have found the claim that is gone.
  if (isUsed() && !existsSync(path)) await claimFolder(folder, claim);
}

/** Values that are longer than this, such as lists of files and digests, are not told. */
const longestValue = 40;
/** More differences than this are counted. */
const mostDifferences = 3;

/** Where two pieces of plain data differ: `options.sizePixels 256 instead of 128`. */
function differencesOf(found: unknown, wanted: unknown, name = ''): string[] {
  const [foundText, wantedText] = [found, wanted].map((value) => JSON.stringify(value) ?? 'nothing') as [
    string,
    string,
  ];
  if (foundText === wantedText) return [];
  if (isMapping(found) && isMapping(wanted)) {
    const keys = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
    const inner = keys.flatMap((key) =>
      differencesOf(found[key], wanted[key], name === '' ? key : `${name}.${key}`),
    );
    return inner.length > 0 ? inner : [`${name || 'the record'} in another order`];
  }
  return Math.max(foundText.length, wantedText.length) > longestValue
    ? [`other ${name}`]
    : [`${name} ${foundText} instead of ${wantedText}`];
}

function inWords(differences: readonly string[]): string {
  const told = differences.slice(0, mostDifferences);
  const more = differences.length - told.length;
  if (more > 0) told.push(counted(more, 'more difference'));
  return told.length === 1 ? told[0]! : `${told.slice(0, -1).join(', ')} and ${told.at(-1)!}`;
}
