import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makePanoramaFolder, newFolder } from './picture-folder.test-tool.js';
import { synthesizePanoramaSet } from './panorama-set.js';
import { openPanoramaFolder } from './panorama-source.js';
import { readSampleFolder } from './sample-folder.js';

const small = { count: 4, sizePixels: 16, frames: 3, seed: 2, workers: 0 };

describe('synthesizePanoramaSet', () => {
  it('makes a set, the panoramas in turn, that a source gives one by one too', async () => {
    const folder = await makePanoramaFolder(2);
    const out = join(newFolder(), 'set');
    const progress: number[] = [];
    await synthesizePanoramaSet({ ...small, folder, out, onProgress: (done) => progress.push(done) });
    expect(progress).toEqual([1, 2, 3, 4]);
    expect(readdirSync(out)).toEqual(['sample-0000', 'sample-0001', 'sample-0002', 'sample-0003', 'set.json']);
    expect(JSON.parse(readFileSync(join(out, 'sample-0003', 'sample.json'), 'utf8'))).toMatchObject({ panorama: 'panorama-1.png' });

    const { blurred, frames } = await readSampleFolder(join(out, 'sample-0003'));
    const source = await openPanoramaFolder(folder);
    const single = await source.synthesize({ seed: 2, index: 3, sizePixels: 16, frames: 3 });
    for (const [written, made] of [[blurred, single.blurred], [frames[2]!, single.frames[2]!]] as const) {
      for (let i = 0; i < made.data.length; i++) expect(Math.abs(written.data[i]! - made.data[i]!)).toBeLessThanOrEqual(0.5 / 255 + 1e-6);
    }
  });

  it('completes a set that was stopped, without touching what is there', async () => {
    const folder = await makePanoramaFolder(2);
    const out = join(newFolder(), 'set');
    await synthesizePanoramaSet({ ...small, folder, out });
    const first = readFileSync(join(out, 'sample-0002', 'blur.png'));
    const keptSince = statSync(join(out, 'sample-0001')).mtimeMs;
    rmSync(join(out, 'sample-0002'), { recursive: true });
    await synthesizePanoramaSet({ ...small, folder, out });
    expect(readFileSync(join(out, 'sample-0002', 'blur.png'))).toEqual(first);
    expect(statSync(join(out, 'sample-0001')).mtimeMs).toBe(keptSince);
  });

  it('refuses to mix sets', async () => {
    const folder = await makePanoramaFolder(1);
    const out = join(newFolder(), 'set');
    await synthesizePanoramaSet({ ...small, count: 1, folder, out });
    await expect(synthesizePanoramaSet({ ...small, count: 1, seed: 3, folder, out })).rejects.toThrow('made with the same options');
  });
});
