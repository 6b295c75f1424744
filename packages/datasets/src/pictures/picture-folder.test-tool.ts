import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import sharp from 'sharp';
import { createRandom } from '../random.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder that is there until the end of the file of tests. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'unblur-datasets-'));
  folders.push(folder);
  return folder;
}

/** A folder of `count` small panoramas of coloured blocks. */
export async function makePanoramaFolder(count: number): Promise<string> {
  const folder = newFolder();
  for (let index = 0; index < count; index++) {
    const random = createRandom(index);
    const blocks = Uint8Array.from({ length: 32 * 16 * 3 }, () => random.below(256));
    const picture = sharp(blocks, { raw: { width: 32, height: 16, channels: 3 } }).resize(256, 128, {
      kernel: 'nearest',
    });
    await picture.png().toFile(join(folder, `panorama-${index}.png`));
  }
  return folder;
}
