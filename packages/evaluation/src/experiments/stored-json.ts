import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UnblurError } from '@unblur/files';

/** What was stored before, or `undefined`. @throws UnblurError where the file is damaged. */
export async function readStoredJson<T>(file: string): Promise<T | undefined> {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (cause) {
    throw new UnblurError(
      `Expected JSON in ${file} but it is damaged; remove it, and it will be made again.`,
      { cause },
    );
  }
}

/** A value as it comes back from JSON. */
export function toPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
