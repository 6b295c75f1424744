import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder that is there until the end of the file of tests. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'unblur-trainer-'));
  folders.push(folder);
  return folder;
}
