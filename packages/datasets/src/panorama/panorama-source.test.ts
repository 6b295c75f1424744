import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { noAugmentation } from '../augmentation.js';
import { makePanoramaFolder, newFolder } from '../pictures/picture-folder.test-tool.js';
import { type PanoramaBatch, panoramaBatches, type PanoramaBatchOptions } from '../stream/batches.node.js';
import { firstOf } from '../stream/first-of.test-tool.js';

let folder: string;
beforeAll(async () => {
  folder = await makePanoramaFolder(3);
});

const size = 16;
const small = (): PanoramaBatchOptions => ({
  folder,
  sizePixels: size,
  photoPixels: 32,
  frames: 5,
  batchSize: 2,
  seed: 7,
  workers: 0,
});

const take = (count: number, options: PanoramaBatchOptions): Promise<PanoramaBatch[]> =>
  firstOf(count, panoramaBatches(options));

const flatten = (batches: PanoramaBatch[], part: 'blurred' | 'frames' | 'rotationDegrees') =>
  batches.flatMap((batch) => Array.from(batch[part]));

describe('panoramaBatches', () => {
  test('gives [batch, size, size, 3] and [batch, frames, size, size, 3] values in [0, 1], and angles in their range', async () => {
    const [batch] = await take(1, { ...small(), angleDegrees: [3, 4] });
    expect(batch!.blurred).toHaveLength(2 * size * size * 3);
    expect(batch!.frames).toHaveLength(2 * 5 * size * size * 3);
    for (const value of batch!.frames) expect(value >= 0 && value <= 1).toBe(true);
    for (const angle of batch!.rotationDegrees) expect(angle >= 2.999 && angle <= 4.001).toBe(true);
  });

  test('depends on seed and index only: not on batch size, nor on where the stream began', async () => {
    const whole = await take(3, small());
    const alone = await take(6, { ...small(), batchSize: 1, prefetchSamples: 0 });
    expect(flatten(alone, 'blurred')).toEqual(flatten(whole, 'blurred'));
    expect(flatten(alone, 'frames')).toEqual(flatten(whole, 'frames'));
    const [resumed] = await take(1, { ...small(), firstSample: 4 });
    expect(resumed!.firstSample).toBe(4);
    expect(resumed!.frames).toEqual(whole[2]!.frames);
    const [other] = await take(1, { ...small(), seed: 8 });
    expect(other!.blurred).not.toEqual(whole[0]!.blurred);
    expect(whole[0]!.blurred.slice(0, size * size * 3)).not.toEqual(whole[0]!.blurred.slice(size * size * 3));
  });

  test('keeps the bytes when decoded panoramas do not fit the memory', async () => {
    expect(await take(2, { ...small(), cacheMegabytes: 0 })).toEqual(await take(2, small()));
  });

  test('averages light where asked to: the same latent frames, another blur', async () => {
    const plain = { ...small(), augmentation: noAugmentation };
    const [display] = await take(1, plain);
    const [linear] = await take(1, { ...plain, averaging: 'linear-srgb' as const });
    for (let i = 0; i < display!.frames.length; i++) {
      expect(Math.abs(display!.frames[i]! - linear!.frames[i]!)).toBeLessThan(1e-4);
    }
    let brighter = 0;
    for (let i = 0; i < display!.blurred.length; i++) {
      // The mean of light, seen as display value, is never below the mean of display values (the curve is
      // convex).
      expect(linear!.blurred[i]! - display!.blurred[i]!).toBeGreaterThan(-1e-4);
      brighter += linear!.blurred[i]! - display!.blurred[i]!;
    }
    expect(brighter / display!.blurred.length).toBeGreaterThan(0.001);
  });

  test('compresses the blurred picture only', async () => {
    const plain = { ...small(), augmentation: noAugmentation };
    const [whole] = await take(1, plain);
    const [compressed] = await take(1, {
      ...plain,
      augmentation: { ...noAugmentation, jpegQuality: [20, 30] },
    });
    expect(compressed!.frames).toEqual(whole!.frames);
    const difference =
      whole!.blurred.reduce((sum, value, i) => sum + Math.abs(value - compressed!.blurred[i]!), 0) /
      whole!.blurred.length;
    expect(difference).toBeGreaterThan(1 / 255);
    expect(difference).toBeLessThan(30 / 255);
  });

  test.each([
    [{ batchSize: 0 }, 'Expected batchSize to be a positive integer but received 0.'],
    [{ firstSample: -1 }, 'Expected firstSample to be an integer of at least 0 but received -1.'],
    [{ workers: -1 }, 'Expected workers to be an integer of at least 0 but received -1.'],
  ])('says which option of the stream makes no sense: %j', async (wrong, message) => {
    await expect(take(1, { ...small(), ...wrong })).rejects.toThrow(message);
  });

  test('says what is wrong with a folder', async () => {
    await expect(take(1, { ...small(), folder: join(folder, 'missing') })).rejects.toThrow(
      /Expected a folder of panoramas at .*missing but could not read it: there is no such file; check the path\.$/,
    );
    await expect(take(1, { ...small(), folder: newFolder() })).rejects.toThrow(
      'Expected panoramas (.png, .jpg, .jpeg, .webp, .tif, .tiff) in',
    );
  });

  test('names the panorama that is damaged or not 2:1', async () => {
    const damaged = newFolder();
    writeFileSync(join(damaged, 'broken.png'), 'no picture');
    await expect(take(1, { ...small(), folder: damaged })).rejects.toThrow(/could not decode .*broken\.png/);
    const narrow = newFolder();
    await sharp({ create: { width: 100, height: 80, channels: 3, background: '#123' } })
      .png()
      .toFile(join(narrow, 'narrow.png'));
    await expect(take(1, { ...small(), folder: narrow })).rejects.toThrow(
      /narrow\.png: Expected a full-sphere .* but received 100x80/,
    );
  });

  test('says that workers need the compiled package, when run from source', async () => {
    await expect(take(1, { ...small(), workers: 1 })).rejects.toThrow(
      'build @unblur/datasets first, or use workers: 0',
    );
  });
});
