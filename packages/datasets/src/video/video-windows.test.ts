import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { VideoWindowSource } from './video-window-source.node.js';
import { videoWindowBatches, type VideoWindowOptions } from './video-windows.node.js';

const folder = mkdtempSync(join(tmpdir(), 'unblur-windows-'));
const size = 24;

/** Frame t of a clip is grey 10 t everywhere: an average of frames around t is 10 t too. */
beforeAll(async () => {
  const save = (path: string, value: number) =>
    sharp({
      create: { width: 32, height: 28, channels: 3, background: { r: value, g: value, b: value } },
    }).toFile(path);
  for (const name of ['clip', 'flash', 'recorded/gt', 'recorded/blur']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (let t = 0; t < 21; t++) await save(join(folder, 'clip', `${t}.png`), 10 * t);
  for (let t = 0; t < 15; t++) await save(join(folder, 'flash', `${t}.png`), t === 7 ? 250 : 0);
  for (let t = 0; t < 8; t++) {
    await save(join(folder, 'recorded', 'gt', `${t}.png`), 10 * t);
    // A pair need not be of one format.
    await save(join(folder, 'recorded', 'blur', `${t}.${t % 2 ? 'tif' : 'png'}`), 10 * t + 3);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

async function read(
  count: number,
  source: Partial<VideoWindowSource> = {},
  options: Partial<VideoWindowOptions> = {},
) {
  const windows: { blurred: number[]; gt: number[] }[] = [];
  for await (const { blurred, gt } of videoWindowBatches({
    sources: [{ folder: join(folder, 'clip'), ...source }],
    sizePixels: size,
    batchSize: 1,
    seed: 1,
    ...options,
  })) {
    const levels = (values: Float32Array) =>
      Array.from({ length: options.windowFrames ?? 5 }, (_, frame) =>
        Math.round(values[frame * size * size * 3]! * 255),
      );
    windows.push({ blurred: levels(blurred), gt: levels(gt) });
    if (windows.length === count) return windows;
  }
  return windows;
}

describe('videoWindowBatches', () => {
  test.each([5, 9])(
    'gives %s evenly spaced frames, each the middle of what its blurred frame averages, the ends of a video repeated',
    async (windowFrames) => {
      let repeated = 0;
      for (const { blurred, gt } of await read(40, {}, { windowFrames })) {
        expect(gt).toHaveLength(windowFrames);
        const steps = gt.slice(1).map((value, index) => value - gt[index]!);
        const moving = steps.filter((step) => step !== 0);
        expect(new Set(moving).size).toBe(1);
        expect(Math.abs(moving[0]!) / 10).toBeGreaterThanOrEqual(1);
        expect(Math.abs(moving[0]!) / 10).toBeLessThanOrEqual(4);
        // Between frames that follow one another none is repeated.
        expect(steps.slice(steps.indexOf(moving[0]!), steps.lastIndexOf(moving[0]!) + 1)).toEqual(moving);
        if (moving.length < steps.length) repeated += 1;
        expect(blurred).toEqual(gt);
      }
      expect(repeated).toBeGreaterThan(5);
      expect(repeated).toBeLessThan(40);
    },
  );

  test('takes blurred frames that were recorded as they are', async () => {
    for (const { blurred, gt } of await read(5, { folder: join(folder, 'recorded') })) {
      expect(blurred).toEqual(gt.map((value) => value + 3));
      expect(Math.max(...gt.slice(1).map((value, index) => Math.abs(value - gt[index]!)))).toBe(10);
    }
  });

  test.each([
    ['larger than a window', 32, 40],
    ['smaller, though they are grown to it', 16, 20],
  ])('refuses frames of two sizes that are %s', async (_, width, otherWidth) => {
    const mixed = join(folder, `mixed-${width}`);
    mkdirSync(mixed);
    for (let t = 0; t < 10; t++) {
      await sharp({
        create: { width: t === 4 ? otherWidth : width, height: 28, channels: 3, background: 'teal' },
      }).toFile(join(mixed, `${t}.png`));
    }
    await expect(read(20, { folder: mixed })).rejects.toThrow(/Expected .*\.png to be \d+x28, like \d\.png/);
  });

  test('takes the videos that are named', async () => {
    const [window] = await read(1, { folder, videos: ['recorded'] });
    expect(window!.blurred[0]! % 10).toBe(3);
    await expect(read(1, { folder, videos: ['gone'] })).rejects.toThrow('(gone) but received none');
  });

  test('draws from every source as often as its weight says', async () => {
    const [seldom, often] = [
      { folder: join(folder, 'clip') },
      { folder: join(folder, 'recorded'), weight: 3 },
    ];
    const windows = await read(200, {}, { sources: [seldom, often] });
    const recorded = windows.filter(({ blurred, gt }) => blurred[0] !== gt[0]).length;
    // 150 expected; a standard deviation is 6.
    expect(Math.abs(recorded - 150)).toBeLessThan(25);
    const only = await read(20, {}, { sources: [{ ...seldom, weight: 0 }, often] });
    expect(only.every(({ blurred, gt }) => blurred[0] !== gt[0])).toBe(true);
    await expect(read(1, { weight: 0 })).rejects.toThrow('above 0');
  });

  test('gives the frames of half of the windows the same exposure, or of as many as it is told', async () => {
    // A frame that is the only white one of its clip shows how many frames a blurred one averages.
    const steadyOf = async (steadyShare?: number) => {
      const windows = await read(120, {
        folder: join(folder, 'flash'),
        exposureFrames: [3, 9],
        strideFrames: [1, 1],
        ...(steadyShare !== undefined && { steadyShare }),
      });
      return windows.filter(({ blurred }) => new Set(blurred.filter((level) => level > 0)).size <= 1).length;
    };
    const [half, all] = [await steadyOf(), await steadyOf(1)];
    expect(half).toBeGreaterThan(40);
    expect(half).toBeLessThan(105);
    expect(all).toBe(120);
  });

  test('averages display values, or light where it is told, in as many of the windows as it is told', async () => {
    // One white frame of three: a third of the display values, or of the light, whose display value by the
    // sRGB standard is 0.6126.
    const white = 250 / 255;
    const light = ((white + 0.055) / 1.055) ** 2.4 / 3;
    const ofLight = Math.round((1.055 * light ** (1 / 2.4) - 0.055) * 255);
    const ofDisplay = Math.round((white / 3) * 255);
    const levelsOf = async (averaging?: VideoWindowSource['averaging']) => {
      const windows = await read(60, {
        folder: join(folder, 'flash'),
        exposureFrames: [3, 3],
        strideFrames: [1, 1],
        ...(averaging && { averaging }),
      });
      return windows.flatMap(({ blurred, gt }) => {
        expect(gt.every((level) => level === 0 || level === 250)).toBe(true);
        return [...new Set(blurred.filter((level) => level > 0))];
      });
    };
    expect(new Set(await levelsOf())).toEqual(new Set([ofDisplay]));
    expect(new Set(await levelsOf('linear-srgb'))).toEqual(new Set([ofLight]));
    const mixed = await levelsOf({ display: 1, 'linear-srgb': 1 });
    // Half of them expected; a standard deviation is 8 %.
    expect(Math.abs(mixed.filter((level) => level === ofLight).length / mixed.length - 0.5)).toBeLessThan(
      0.3,
    );
    expect(new Set(mixed)).toEqual(new Set([ofLight, ofDisplay]));
    await expect(read(1, { averaging: 'light' as 'display' })).rejects.toThrow('averaging');
  });

  test('softens blurred frames and gt alike', async () => {
    // Vertical edges of a clip that stands still: what is softened stays equal to its gt, and steps become
    // smaller.
    mkdirSync(join(folder, 'stripes'), { recursive: true });
    const stripes = Buffer.alloc(32 * 28 * 3).map((_, index) => (Math.floor(index / 12) % 2 ? 255 : 0));
    for (let t = 0; t < 8; t++) {
      await sharp(stripes, { raw: { width: 32, height: 28, channels: 3 } })
        .png()
        .toFile(join(folder, 'stripes', `${t}.png`));
    }
    const contrastOf = async (softnessPixels: [number, number] | null) => {
      const options: VideoWindowOptions = {
        sources: [
          {
            folder: join(folder, 'stripes'),
            exposureFrames: [1, 3],
            strideFrames: [1, 1],
            halvedShare: 0,
            softnessPixels,
          },
        ],
        sizePixels: size,
        batchSize: 1,
        seed: 1,
      };
      for await (const { blurred, gt } of videoWindowBatches(options)) {
        for (const [index, value] of blurred.entries()) expect(value).toBeCloseTo(gt[index]!, 5);
        return Math.max(...blurred) - Math.min(...blurred);
      }
      return NaN;
    };
    expect(await contrastOf(null)).toBe(1);
    expect(await contrastOf([1, 1])).toBeLessThan(0.97);
    expect(await contrastOf([2, 2])).toBeLessThan(0.5);
    await expect(read(1, { softnessPixels: [2, 1] })).rejects.toThrow('softnessPixels');
  });

  test('mirrors frames at their edges that are smaller than a window, in the middle of it', async () => {
    // Grey grows from left to right and from top to bottom: mirrored, it does so in the middle of the window
    // only.
    mkdirSync(join(folder, 'ramp'), { recursive: true });
    const [width, height, side] = [32, 28, 40];
    const ramp = Buffer.from(
      Array.from(
        { length: width * height },
        (_, i) => Array(3).fill((i % width) + 4 * Math.floor(i / width)) as number[],
      ).flat(),
    );
    for (let t = 0; t < 8; t++) {
      await sharp(ramp, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(join(folder, 'ramp', `${t}.png`));
    }
    const mirrored = (position: number, extent: number): number =>
      position < 0 ? -1 - position : position < extent ? position : 2 * extent - 1 - position;
    for await (const { blurred, gt } of videoWindowBatches({
      sources: [{ folder: join(folder, 'ramp') }],
      sizePixels: side,
      windowFrames: 1,
      batchSize: 1,
      seed: 1,
    })) {
      const isFlipped = [gt[0]! > gt[(side - 1) * 3]!, gt[0]! > gt[(side - 1) * side * 3]!];
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const [column, row] = [isFlipped[0] ? side - 1 - x : x, isFlipped[1] ? side - 1 - y : y];
          const level = mirrored(column - 4, width) + 4 * mirrored(row - 6, height);
          expect(Math.round(gt[(y * side + x) * 3]! * 255)).toBe(level);
          expect(blurred[(y * side + x) * 3]).toBeCloseTo(gt[(y * side + x) * 3]!, 4);
        }
      }
      break;
    }
  });

  test('gives the same samples from whichever sample on', async () => {
    expect((await read(4)).slice(2)).toEqual(await read(2, {}, { firstSample: 2 }));
  });

  test('refuses videos that are too small or too short, and ranges that are none', async () => {
    await expect(read(1, {}, { sizePixels: 60 })).rejects.toThrow(
      /at least 30x30 for windows of 60x60 but .* is 32x28/,
    );
    await expect(read(1, {}, { windowFrames: 4 })).rejects.toThrow(
      'Expected windowFrames to be an odd number',
    );
    await expect(read(1, { exposureFrames: [0, 3] })).rejects.toThrow('exposureFrames');
    await expect(read(1, { folder: join(folder, 'nowhere') })).rejects.toThrow('Expected a folder of videos');
  });
});
