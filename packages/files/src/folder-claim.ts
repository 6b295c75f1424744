import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from './atomic-file.js';
import { UnblurError } from './file-error.js';
import { listOwned } from './temporary-folder.js';

/** What is made in a folder, noted in it, so that two different things never mix there. */
export interface FolderClaim {
  /** Name of the file in the folder that holds the record. */
  fileName: string;
  /** Plain data, the same for the same contents. */
  record: unknown;
  /** What to tell the user where the folder holds another record. */
  otherwise: string;
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
  if (!existsSync(path)) await writeAtomically(path, `${JSON.stringify(record, null, 2)}\n`);
  else if (onOneLine(readFileSync(path, 'utf8')) !== JSON.stringify(record)) throw new UnblurError(otherwise);
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

/** JSON on one line; nothing where it is damaged. */
function onOneLine(json: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return undefined;
  }
}
