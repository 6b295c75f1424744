import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { noAugmentation } from '../augmentation.js';
import { transferFunctions } from '../averaging.js';
import { newFolder } from '../pictures/picture-folder.test-tool.js';
import { createRandom } from '../random.js';
import { type VideoBatch, videoBatches, type VideoBatchOptions } from '../stream/batches.node.js';
import { firstOf } from '../stream/first-of.test-tool.js';
import { describeRecipe, recipeOfSource } from '../stream/recipes.node.js';
import { listVideos } from './video-folders.node.js';

const [width, height] = [72, 64];

/** Frames of a fixed random texture that moves to the left by `stepPixels` a frame. */
async function writeVideo(folder: string, count: number, stepPixels: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const random = createRandom(count, stepPixels);
  const textureWidth = width + count * stepPixels;
  const texture = Uint8Array.from({ length: textureWidth * height * 3 }, () => random.below(256));
  for (let index = 0; index < count; index++) {
    const bytes = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [pixel, channel] = [Math.floor(i / 3), i % 3];
      return texture[
        (Math.floor(pixel / width) * textureWidth + (pixel % width) + index * stepPixels) * 3 + channel
      ]!;
    });
    await sharp(bytes, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, `${index + 8}.png`));
  }
}

let folder: string;
beforeAll(async () => {
  folder = newFolder();
  await writeVideo(join(folder, 'street', 'gt'), 9, 1);
});

const size = 48;
const small = (): VideoBatchOptions => ({
  folder,
  sizePixels: size,
  frames: 3,
  batchSize: 2,
  seed: 3,
  workers: 0,
  prefetchSamples: 0,
  augmentation: noAugmentation,
});

const take = (count: number, options: VideoBatchOptions): Promise<VideoBatch[]> =>
  firstOf(count, videoBatches(options));

/** The largest difference, whatever its sign. */
function largest(values: Float32Array, differenceAt: (value: number, index: number) => number): number {
  return values.reduce((most, value, index) => Math.max(most, Math.abs(differenceAt(value, index))), 0);
}

describe('videoBatches', () => {
  test('cuts one window out of consecutive frames, unresized, whose mean is the blurred picture', async () => {
    const [batch] = await take(1, small());
    expect(batch!.blurred).toHaveLength(2 * size * size * 3);
    expect(batch!.frames).toHaveLength(2 * 3 * size * size * 3);
    const [first, second, third] = [0, 1, 2].map((index) =>
      batch!.frames.subarray(index * size * size * 3, (index + 1) * size * size * 3),
    );
    const isInner = (i: number): boolean => i % (size * 3) < (size - 1) * 3;
    expect(
      largest(first!, (value, i) => batch!.blurred[i]! - (value + second![i]! + third![i]!) / 3),
    ).toBeLessThan(1e-6);
    // Every value is a byte of the video's.
    expect(largest(first!, (value) => value * 255 - Math.round(value * 255))).toBeLessThan(2e-4);
    expect(largest(first!, (_, i) => (isInner(i) ? first![i + 3]! - second![i]! : 0))).toBe(0);
  });

  test('averages longer windows, in light where asked to, with frames at even times', async () => {
    const [batch] = await take(1, { ...small(), windowFrames: [5], batchSize: 1, averaging: 'linear-srgb' });
    const { lightOf, displayOf } = transferFunctions['linear-srgb'];
    const frame = (index: number): Float32Array =>
      batch!.frames.subarray(index * size * size * 3, (index + 1) * size * size * 3);
    // Five frames, one pixel apart: the first frame holds them all.
    const isInner = (i: number): boolean => i % (size * 3) < (size - 4) * 3;
    expect(largest(frame(1), (value, i) => (isInner(i) ? value - frame(0)[i + 6]! : 0))).toBe(0);
    const blurOf = (i: number): number =>
      displayOf([0, 3, 6, 9, 12].reduce((sum, shift) => sum + lightOf(frame(0)[i + shift]!), 0) / 5);
    expect(largest(batch!.blurred, (value, i) => (isInner(i) ? value - blurOf(i) : 0))).toBeLessThan(1e-4);
  });

  test('draws the averaging space of each sample, if asked to', async () => {
    const [display] = await take(1, { ...small(), batchSize: 8 });
    const [linear] = await take(1, { ...small(), batchSize: 8, averaging: 'linear-srgb' });
    const [either] = await take(1, { ...small(), batchSize: 8, averaging: { display: 1, 'linear-srgb': 1 } });
    const sampleOf = (batch: VideoBatch, index: number): Float32Array =>
      batch.blurred.slice(index * size * size * 3, (index + 1) * size * size * 3);
    const kinds = Array.from({ length: 8 }, (_, index) =>
      [display!, linear!].findIndex((batch) =>
        Buffer.from(sampleOf(batch, index).buffer).equals(Buffer.from(sampleOf(either!, index).buffer)),
      ),
    );
    expect(new Set(kinds)).toEqual(new Set([0, 1]));
  });

  test('depends on seed and index only', async () => {
    const options = { ...small(), augmentation: {}, windowFrames: [3, 5] };
    const whole = await take(3, options);
    const [resumed] = await take(1, { ...options, firstSample: 4, cacheMegabytes: 0 });
    expect(resumed).toEqual(whole[2]);
    const [other] = await take(1, { ...options, seed: 4 });
    expect(other!.blurred).not.toEqual(whole[0]!.blurred);
  });

  test('shrinks frames until neighbours are close, and takes no exposure where they are too far apart or alike', async () => {
    const fast = newFolder();
    await writeVideo(fast, 4, 4);
    const options = { ...small(), folder: fast, sizePixels: 32, batchSize: 1 };
    const [batch] = await take(1, { ...options, neighbourPixels: [1, 2.5] });
    const [first, second] = [0, 1].map((index) =>
      batch!.frames.subarray(index * 32 * 32 * 3, (index + 1) * 32 * 32 * 3),
    );
    // Four pixels a frame are two after shrinking by two.
    expect(largest(first!, (_, i) => (i % 96 < 90 ? first![i + 6]! - second![i]! : 0))).toBeLessThan(1e-5);
    await expect(take(1, { ...options, neighbourPixels: [0.2, 2.5], shrink: [1, 1] })).rejects.toThrow(
      'Expected videos whose neighbouring frames move by 0.2 to 2.5 pixels',
    );
    await expect(take(1, { ...options, neighbourPixels: [5, 7] })).rejects.toThrow('move by 5 to 7 pixels');
  });

  test('refuses pictures in which motion cannot be measured, and says which can be made', async () => {
    await expect(take(1, { ...small(), sizePixels: 21 })).rejects.toThrow(
      /sizePixels to be at least 22, .*motion of up to 2 pixels .* but received 21/,
    );
    expect(await take(1, { ...small(), sizePixels: 22 })).toHaveLength(1);
    await expect(take(1, { ...small(), neighbourPixels: [0.2, 12] })).rejects.toThrow(
      /maximum of neighbourPixels to be at most 7 for pictures of 48x48, .* but received 12/,
    );
  });

  test('names a damaged frame, one of another size and one too small, or does without damaged ones', async () => {
    const damaged = newFolder();
    await writeVideo(damaged, 7, 1);
    writeFileSync(join(damaged, '9.png'), 'torn');
    await expect(take(6, { ...small(), folder: damaged })).rejects.toThrow(/could not decode .*9\.png/);
    expect(await take(6, { ...small(), folder: damaged, onBadFrame: 'skip' })).toHaveLength(6);
    const mixed = newFolder();
    await writeVideo(mixed, 3, 1);
    await sharp({ create: { width: 80, height: 80, channels: 3, background: '#123' } })
      .png()
      .toFile(join(mixed, '9.png'));
    await expect(take(1, { ...small(), folder: mixed })).rejects.toThrow(
      /9\.png to be 72x64, like 8\.png, but it is 80x80/,
    );
    await expect(take(1, { ...small(), sizePixels: 65 })).rejects.toThrow(
      /frames of at least 65x65 but .* is 72x64/,
    );
  });

  test('says what is wrong with a folder or an option', async () => {
    await expect(take(1, { ...small(), folder: join(folder, 'missing') })).rejects.toThrow(
      /Expected a folder of videos .*missing/,
    );
    await expect(take(1, { ...small(), folder: newFolder() })).rejects.toThrow(
      'Expected folders of frames (.png, .jpg, .jpeg, .webp, .tif, .tiff) in',
    );
    await expect(take(1, { ...small(), frames: 11 })).rejects.toThrow(
      'Expected a video of at least 11 frames',
    );
    await expect(take(1, { ...small(), windowFrames: [3, 4] })).rejects.toThrow(
      'Expected windowFrames to be numbers that are 1 above multiples of 2 (frames - 1), at most 1025 but received [3,4].',
    );
    await expect(take(1, { ...small(), averaging: { display: 0 } })).rejects.toThrow(
      'Expected averaging to be display or linear-srgb or linear-gamma-2.2, or weights of these',
    );
  });
});

test('a set is described by its videos, not only by the names that their frames have alike', async () => {
  const other = newFolder();
  await writeVideo(join(other, 'garden', 'gt'), 9, 1);
  const described = async (from: string) =>
    describeRecipe(
      await recipeOfSource(
        { kind: 'video', folder: from, sizePixels: size, frames: 3, windowFrames: [3] },
        1,
      ),
    );
  const moved = newFolder();
  await writeVideo(join(moved, 'street', 'gt'), 9, 1);
  expect(await described(moved)).toEqual(await described(folder));
  expect(await described(other)).not.toEqual(await described(folder));
});

describe('listVideos', () => {
  test('finds every folder of frames, follows links, and passes blurred pictures by', async () => {
    const root = newFolder();
    symlinkSync(join(folder, 'street'), join(root, 'linked'));
    await writeVideo(join(root, 'scene', 'sharp'), 3, 1);
    await writeVideo(join(root, 'scene', 'blur'), 3, 1);
    await writeVideo(join(root, 'sample-0000'), 3, 1);
    writeFileSync(join(root, 'sample-0000', 'blur.png'), '');
    const videos = listVideos(root).map((paths) => paths.map((path) => path.slice(root.length + 1)));
    expect(videos.map(([first]) => first)).toEqual([
      'linked/gt/8.png',
      'sample-0000/8.png',
      'scene/sharp/8.png',
    ]);
    // In the order of their numbers.
    expect(videos[0]!.slice(0, 3)).toEqual(['linked/gt/8.png', 'linked/gt/9.png', 'linked/gt/10.png']);
    expect(videos[1]).toHaveLength(3);
  });

  test('takes a link to nothing for no video, and follows none back to where it lies in', async () => {
    const root = newFolder();
    await writeVideo(join(root, 'scene'), 3, 1);
    symlinkSync(join(root, 'gone'), join(root, 'dangling'));
    symlinkSync(root, join(root, 'scene', 'round'));
    expect(listVideos(root)).toEqual([[8, 9, 10].map((frame) => join(root, 'scene', `${frame}.png`))]);
  });
});
