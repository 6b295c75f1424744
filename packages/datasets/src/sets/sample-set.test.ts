import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writePng } from '../pictures/picture-file.node.js';
import { makePanoramaFolder, newFolder } from '../pictures/picture-folder.test-tool.js';
import { flowsOfSample } from '../sample.js';
import { readSampleFolder } from '../samples/sample-folder.node.js';
import type { SampleSource } from '../stream/recipes.node.js';
import { previewSampleSet, type SampleSetOptions, synthesizeSampleSet } from './sample-set.node.js';

const small = { count: 4, sizePixels: 16, frames: 3, seed: 2, workers: 0 };

function synthesizePanoramaSet({
  folder,
  sizePixels,
  frames,
  ...job
}: Omit<SampleSetOptions, 'source'> & { folder: string; sizePixels: number; frames: number }): ReturnType<
  typeof synthesizeSampleSet
> {
  return synthesizeSampleSet({ ...job, source: { kind: 'panorama', folder, sizePixels, frames } });
}

describe('synthesizeSampleSet', () => {
  test('makes a set, the panoramas in turn, that a source gives one by one too', async () => {
    const folder = await makePanoramaFolder(2);
    const out = join(newFolder(), 'set');
    const progress: number[] = [];
    await synthesizePanoramaSet({ ...small, folder, out, onProgress: (done) => progress.push(done) });
    expect(progress).toEqual([1, 2, 3, 4]);
    expect(readdirSync(out)).toEqual([
      'sample-0000',
      'sample-0001',
      'sample-0002',
      'sample-0003',
      'set.json',
    ]);
    expect(JSON.parse(readFileSync(join(out, 'sample-0003', 'sample.json'), 'utf8'))).toMatchObject({
      panorama: 'panorama-1.png',
    });

    const { blurred, frames } = await readSampleFolder(join(out, 'sample-0003'));
    const source = { kind: 'panorama', folder, sizePixels: 16, frames: 3 } as const;
    const single = (await previewSampleSet({ source, count: 4, seed: 2 }))[3]!;
    for (const [written, made] of [
      [blurred, single.blurred],
      [frames[2]!, single.frames[2]!],
    ] as const) {
      for (let i = 0; i < made.data.length; i++) {
        expect(Math.abs(written.data[i]! - made.data[i]!)).toBeLessThanOrEqual(0.5 / 255 + 1e-6);
      }
    }
  });

  test('completes a set that was stopped, without touching what is there', async () => {
    const folder = await makePanoramaFolder(2);
    const out = join(newFolder(), 'set');
    await synthesizePanoramaSet({ ...small, folder, out });
    const first = readFileSync(join(out, 'sample-0002', 'blur.png'));
    const keptSince = statSync(join(out, 'sample-0001')).mtimeMs;
    rmSync(join(out, 'sample-0002'), { recursive: true });
    expect(await synthesizePanoramaSet({ ...small, folder, out })).toEqual({ kept: 3 });
    expect(readFileSync(join(out, 'sample-0002', 'blur.png'))).toEqual(first);
    expect(statSync(join(out, 'sample-0001')).mtimeMs).toBe(keptSince);
  });

  test('makes sets of layered scenes too, and shows the first samples without writing them', async () => {
    const source = {
      kind: 'layers' as const,
      folder: await makePanoramaFolder(2),
      sizePixels: 16,
      frames: 3,
      cameraPixels: [0, 4] as [number, number],
      objectPixels: [1, 5] as [number, number],
    };
    const out = join(newFolder(), 'set');
    await synthesizeSampleSet({ source, out, count: 2, seed: 2, workers: 0 });
    const [, second] = await previewSampleSet({ source, count: 2, seed: 2 });
    const { blurred } = await readSampleFolder(join(out, 'sample-0001'));
    for (let i = 0; i < blurred.data.length; i++) {
      expect(Math.abs(blurred.data[i]! - second!.blurred.data[i]!)).toBeLessThanOrEqual(0.5 / 255 + 1e-6);
    }
    expect(second!.flowsPixels).toHaveLength(3);
  });

  test('writes the true flow where it is asked for and known', async () => {
    const folder = await makePanoramaFolder(2);
    const shape = { folder, sizePixels: 16, frames: 3 };
    for (const source of [
      { kind: 'panorama', ...shape },
      { kind: 'layers', ...shape, cameraPixels: [2, 4], objectPixels: [1, 5] },
    ] satisfies SampleSource[]) {
      const out = join(newFolder(), 'set');
      await synthesizeSampleSet({ source, out, count: 2, seed: 2, workers: 0, flow: true });
      const [, made] = await previewSampleSet({ source, count: 2, seed: 2 });
      const read = await readSampleFolder(join(out, 'sample-0001'));
      expect(read.flowsPixels).toEqual(flowsOfSample(made!));
      expect(read.flowsPixels![1]!.every((value) => Math.abs(value) < 1e-4)).toBe(true);
      expect(read.motionPixels).toEqual(made!.motionPixels);
      // A set with flow and one without are different sets.
      await expect(synthesizeSampleSet({ source, out, count: 2, seed: 2, workers: 0 })).rejects.toThrow(
        'made with the same options',
      );
    }
  });

  test('refuses to write the flow of a source that does not know it, before anything is made', async () => {
    const videos = newFolder();
    mkdirSync(join(videos, 'walk'));
    const frame = { width: 32, height: 32, data: new Float32Array(32 * 32 * 3) };
    for (const index of [0, 1, 2]) await writePng(join(videos, 'walk', `${index}.png`), frame);
    const source = { kind: 'video', folder: videos, sizePixels: 32, frames: 3 } as const;
    const out = join(newFolder(), 'set');
    await expect(synthesizeSampleSet({ source, out, count: 1, seed: 1, flow: true })).rejects.toThrow(
      'Expected source to be one whose motion is known, such as panoramas or layers, to write its flow, but received "video".',
    );
    expect(existsSync(out)).toBe(false);
  });

  test('stops between two samples when told to', async () => {
    const stop = new AbortController();
    const out = join(newFolder(), 'set');
    const job = {
      ...small,
      folder: await makePanoramaFolder(1),
      out,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    };
    await expect(synthesizePanoramaSet(job)).rejects.toThrow(/abort/i);
    expect(readdirSync(out).filter((name) => name.startsWith('sample')).length).toBeLessThan(4);
    expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('leaves nothing where none of its pictures can be used, and the folder free', async () => {
    const stills = newFolder();
    await writePng(join(stills, 'still.png'), { width: 3, height: 2, data: new Float32Array(18) });
    const out = join(newFolder(), 'above', 'set');
    await expect(synthesizePanoramaSet({ ...small, folder: stills, out })).rejects.toThrow('still.png');
    expect(existsSync(dirname(out))).toBe(false);
    await synthesizePanoramaSet({ ...small, count: 1, folder: await makePanoramaFolder(1), out });
    expect(readdirSync(out)).toEqual(['sample-0000', 'set.json']);
  });

  test('refuses to mix sets', async () => {
    const folder = await makePanoramaFolder(1);
    const out = join(newFolder(), 'set');
    await synthesizePanoramaSet({ ...small, count: 1, folder, out });
    await expect(synthesizePanoramaSet({ ...small, count: 1, seed: 3, folder, out })).rejects.toThrow(
      /made with the same options, but .* has seed \d+ instead of 3; choose/,
    );
  });

  test('refuses a folder that holds a larger set, and keeps it', async () => {
    const folder = await makePanoramaFolder(1);
    const out = join(newFolder(), 'set');
    await synthesizePanoramaSet({ ...small, count: 2, folder, out });
    await expect(synthesizePanoramaSet({ ...small, count: 1, folder, out })).rejects.toThrow(
      'for 1 sample but',
    );
    expect(readdirSync(out)).toEqual(['sample-0000', 'sample-0001', 'set.json']);
  });
});
