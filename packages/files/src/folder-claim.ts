import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './atomic-file.js';
import { UnblurError } from './file-error.js';

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

/** JSON on one line; nothing where it is damaged. */
function onOneLine(json: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return undefined;
  }
}
