import { beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { noAugmentation } from '../augmentation.js';
import { makePanoramaFolder, newFolder } from '../pictures/picture-folder.test-tool.js';
import { synthesizeShards } from '../sets/shard-set.node.js';
import {
  layeredBatches,
  type MixedBatch,
  mixedBatches,
  type MixedBatchOptions,
  panoramaBatches,
} from './batches.node.js';
import { firstOf } from './first-of.test-tool.js';

let pictures: string;
let shards: string;
beforeAll(async () => {
  pictures = await makePanoramaFolder(3);
  shards = join(newFolder(), 'set');
  await synthesizeShards({
    source: { kind: 'panorama', folder: pictures, sizePixels: 20, photoPixels: 20, frames: 3 },
    out: shards,
    count: 7,
    samplesPerShard: 3,
    seed: 4,
    workers: 0,
  });
});

const size = 16;
const layers = { cameraPixels: [0, 4] as [number, number], objectPixels: [1, 5] as [number, number] };
const mixture = (): MixedBatchOptions => ({
  sources: [
    { kind: 'panorama', folder: pictures, photoPixels: 32, weight: 2 },
    { kind: 'layers', folder: pictures, ...layers },
    { kind: 'shards', folder: shards },
  ],
  sizePixels: size,
  frames: 3,
  batchSize: 4,
  seed: 6,
  workers: 0,
  averaging: 'linear-srgb',
  augmentation: { noiseSigma: [0, 0] },
});

const take = (count: number, options: MixedBatchOptions): Promise<MixedBatch[]> =>
  firstOf(count, mixedBatches(options));

const valuesOfSample = (values: Float32Array, index: number): number[] =>
  Array.from(values.subarray(index * size * size * 3, (index + 1) * size * size * 3));

describe('mixedBatches', () => {
  test('gives each source its share, and each sample as its source alone gives it', async () => {
    const batches = await take(30, mixture());
    const sources = batches.flatMap(({ sourceIndexes }) => sourceIndexes);
    const counts = [0, 1, 2].map((source) => sources.filter((index) => index === source).length);
    // Of 120 samples 60, 30 and 30 are expected, with standard deviations of 5.5 and 4.7.
    expect(Math.abs(counts[0]! - 60)).toBeLessThan(20);
    expect(Math.abs(counts[1]! - 30)).toBeLessThan(17);

    const shared = {
      sizePixels: size,
      frames: 3,
      batchSize: 1,
      seed: 6,
      workers: 0,
      averaging: 'linear-srgb' as const,
      augmentation: { noiseSigma: [0, 0] as [number, number] },
    };
    for (const kind of [0, 1]) {
      const firstSample = sources.indexOf(kind);
      const alone =
        kind === 0
          ? panoramaBatches({ ...shared, folder: pictures, photoPixels: 32, firstSample })
          : layeredBatches({ ...shared, ...layers, folder: pictures, firstSample });
      const { value } = await alone.next();
      await alone.return();
      expect(valuesOfSample(batches[Math.floor(firstSample / 4)]!.blurred, firstSample % 4)).toEqual(
        Array.from(value!.blurred),
      );
    }
  });

  test('depends on seed and index only: not on batch size, nor on where the stream began', async () => {
    const whole = await take(3, mixture());
    const alone = await take(12, { ...mixture(), batchSize: 1, prefetchSamples: 0, cacheMegabytes: 0 });
    expect(alone.flatMap(({ frames }) => Array.from(frames))).toEqual(
      whole.flatMap(({ frames }) => Array.from(frames)),
    );
    expect((await take(1, { ...mixture(), firstSample: 8 }))[0]).toEqual(whole[2]);
    expect((await take(1, { ...mixture(), seed: 7 }))[0]!.blurred).not.toEqual(whole[0]!.blurred);
  });

  test('goes through every sample of a set of shards before it takes one again', async () => {
    const options: MixedBatchOptions = {
      sources: [{ kind: 'shards', folder: shards }],
      sizePixels: 20,
      frames: 3,
      batchSize: 7,
      seed: 1,
      workers: 0,
    };
    const [first, second] = await take(2, options);
    expect(new Set(first!.rotationDegrees).size).toBe(7);
    expect([...second!.rotationDegrees].sort()).toEqual([...first!.rotationDegrees].sort());
    expect(second!.rotationDegrees).not.toEqual(first!.rotationDegrees);
    // Unaugmented windows of all of a picture are the picture.
    const bytes = first!.frames.every((value) => Math.abs(value * 255 - Math.round(value * 255)) < 1e-4);
    expect(bytes).toBe(true);
  });

  test('augments shards where a source asks for it: the same pictures, flipped, turned, played backwards', async () => {
    const source = { kind: 'shards' as const, folder: shards };
    const options: MixedBatchOptions = {
      sources: [source],
      sizePixels: 20,
      frames: 3,
      batchSize: 7,
      seed: 1,
      workers: 0,
    };
    const [plain] = await take(1, options);
    const [turned] = await take(1, {
      ...options,
      sources: [
        {
          ...source,
          augmentation: { ...noAugmentation, flips: true, quarterTurns: true, timeReversal: true },
        },
      ],
    });
    const sorted = (values: Float32Array): number[] => [...values].sort((a, b) => a - b);
    expect(turned!.frames).not.toEqual(plain!.frames);
    expect(sorted(turned!.frames)).toEqual(sorted(plain!.frames));
    expect(turned!.rotationDegrees).toEqual(plain!.rotationDegrees);
  });

  test('says what is wrong with the sources', async () => {
    const fails = (change: Partial<MixedBatchOptions>, message: string | RegExp) =>
      expect(take(1, { ...mixture(), ...change })).rejects.toThrow(message);
    await fails({ sources: [] }, 'Expected sources to be at least one source');
    await fails(
      { sources: [{ kind: 'panorama', folder: pictures, weight: 0 }] },
      'Expected sources[0].weight to be a number above 0 but received 0.',
    );
    await fails(
      { sources: [{ kind: 'panorama', folder: pictures, weight: '2' as never }] },
      'Expected sources[0].weight to be a number above 0 but received "2".',
    );
    await fails(
      { sources: [{ kind: 'panorama', folder: pictures, frames: 5 }] },
      'Expected sources[0].frames to be 3, as for all sources, but received 5.',
    );
    await fails(
      { sources: [{ kind: 'movies' as 'video', folder: pictures }] },
      'Expected a source of kind panorama, layers, video, shards, samples but received "movies".',
    );
    await fails(
      { sources: [{ kind: 'shards', folder: shards }], frames: 5 },
      /Expected frames to be 3, as the shards in .* hold, but received 5\./,
    );
    await fails(
      { sources: [{ kind: 'shards', folder: shards }], sizePixels: 24 },
      /Expected sizePixels to be at most 20, the size in .*, but received 24\./,
    );
    await fails(
      { sources: [{ kind: 'shards', folder: shards, augmentation: { gamma: [0.9, 1.1] } }] },
      'Expected augmentation.gamma to be left out for stored samples, whose frames are averaged already, but received [0.9,1.1].',
    );
  });
});
