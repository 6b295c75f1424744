import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePanoramaFolder, newFolder } from '../pictures/picture-folder.test-tool.js';

const compiled = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** Runs the compiled package in a process of its own; its last line is a digest of four batches. */
function digestOf(folder: string, workers: number): string {
  const program = `
    import { createHash } from 'node:crypto';
    import { panoramaBatches } from ${JSON.stringify(compiled)};
    const digest = createHash('sha256');
    let batches = 0;
    for await (const { blurred, frames } of panoramaBatches({ folder: process.argv[1], sizePixels: 24, batchSize: 3, seed: 1, workers: Number(process.argv[2]) })) {
      digest.update(blurred).update(frames);
      if (++batches === 4) break;
    }
    console.log(digest.digest('hex'));`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program, folder, String(workers)], {
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

describe('worker threads (compiled package)', () => {
  test('give the same bytes for any number of workers, and let the process end', async () => {
    if (!existsSync(compiled)) {
      throw new Error(`Expected the compiled package at ${compiled}; run npm run build first.`);
    }
    const folder = await makePanoramaFolder(5);
    const alone = digestOf(folder, 0);
    expect(alone).toHaveLength(64);
    for (const workers of [1, 3]) expect(digestOf(folder, workers)).toBe(alone);
  });

  test('let the program go on after a loop that was left while answers were on their way', async () => {
    const program = `
      import { panoramaBatches } from ${JSON.stringify(compiled)};
      for await (const _ of panoramaBatches({ folder: process.argv[1], sizePixels: 24, batchSize: 2, seed: 1, workers: 1 })) {
        // Busy until the worker has answered all that it was asked: the answers are received only once the
        // loop is being left.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
        break;
      }
      console.log('went on');`;
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', program, await makePanoramaFolder(1)],
      { encoding: 'utf8', stdio: 'pipe' },
    );
    expect(output.trim()).toBe('went on');
  });

  test('report a damaged panorama by name', () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'broken.jpg'), 'no picture');
    expect(() => digestOf(folder, 2)).toThrow(/could not decode .*broken\.jpg/);
  });
});
