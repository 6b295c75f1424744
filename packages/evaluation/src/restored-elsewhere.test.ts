import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { evaluateFolder } from './photographs.js';
import { openRestoredSamples, openRestoredVideos } from './restored-elsewhere.js';
import { evaluateVideoFolder } from './videos.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'unblur-elsewhere-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function writeGrey(path: string, level: number, width = 24): Promise<void> {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  await sharp({
    create: { width, height: 24, channels: 3, background: { r: level, g: level, b: level } },
  }).toFile(join(folder, path));
}

/** The PSNR of a difference between 8-bit levels. */
const decibels = (difference: number) => -20 * Math.log10(difference / 255);

describe('samples', () => {
  const evaluate = () =>
    evaluateFolder(
      join(folder, 'samples'),
      openRestoredSamples(join(folder, 'other'), join(folder, 'samples')),
    );

  beforeEach(async () => {
    for (const [sample, levels] of Object.entries({ a: [50, 100, 150], b: [60, 110, 160] })) {
      await writeGrey(`samples/${sample}/blur.png`, 90);
      for (const [i, level] of levels.entries()) await writeGrey(`samples/${sample}/frame-${i}.png`, level);
    }
  });

  test('each is scored with the frames of its own name, in any format', async () => {
    // One as its own folder has them, the other as restore writes them.
    for (const [i, level] of [54, 104, 154].entries()) await writeGrey(`other/a/frame-${i}.png`, level);
    for (const [i, level] of [68, 118, 168].entries()) await writeGrey(`other/b/blur/frame-${i}.webp`, level);
    const { perSample } = await evaluate();
    expect(perSample[0]!.psnr.perFrame[0]).toBeCloseTo(decibels(4), 3);
    expect(perSample[1]!.psnr.mean).toBeCloseTo(decibels(8), 0);
  });

  test('a frame alone is the middle one, whatever its number', async () => {
    await writeGrey('other/a/frame-0.png', 105);
    await writeGrey('other/b/frame-3.png', 115);
    const { psnr, baseline } = await evaluate();
    expect(psnr.perFrame).toHaveLength(1);
    expect(psnr.middle).toBeCloseTo(decibels(5), 3);
    expect(baseline.psnr.middle).toBeCloseTo((decibels(10) + decibels(20)) / 2, 3);
  });

  test('what is missing is named before anything is scored', async () => {
    await writeGrey('other/a/frame-0.png', 1);
    await expect(async () => evaluate()).rejects.toThrow(/received none of b$/);
    await writeGrey('other/b/frame-0.png', 1);
    await writeGrey('other/b/frame-2.png', 1);
    await expect(async () => evaluate()).rejects.toThrow(
      /without a gap in .*b, but received none of frame-1$/,
    );
    await writeGrey('other/b/frame-1.png', 1);
    await writeGrey('other/b/frame-3.png', 1);
    await expect(async () => evaluate()).rejects.toThrow(/odd number of frames in .*b, but received 4$/);
    rmSync(join(folder, 'other', 'b', 'frame-3.png'));
    await writeGrey('other/b/frame-1.jpg', 1);
    await expect(async () => evaluate()).rejects.toThrow(/received frame-1\.(jpg and frame-1\.png)/);
  });

  test('a frame of another size is named', async () => {
    await writeGrey('other/a/frame-0.png', 1, 30);
    await writeGrey('other/b/frame-0.png', 1);
    await expect(evaluate()).rejects.toThrow(/a.frame-0\.png at 24x24, .* but it is 30x24/);
  });
});

describe('videos', () => {
  const evaluate = () =>
    evaluateVideoFolder(join(folder, 'set'), openRestoredVideos(join(folder, 'other'), join(folder, 'set')));

  beforeEach(async () => {
    for (const path of ['a/1', 'a/2', 'b/1']) {
      await writeGrey(`set/blur/${path}.png`, 90);
      await writeGrey(`set/gt/${path}.png`, 100);
    }
  });

  test('each is scored with the frames of its own name', async () => {
    for (const [path, level] of [
      ['a/1', 104],
      ['a/2', 104],
      ['a/3', 1],
      ['b/1', 108],
    ] as const) {
      await writeGrey(`other/${path}.png`, level);
    }
    const { videos } = await evaluate();
    expect(videos.map(({ frames }) => frames)).toEqual([2, 1]);
    expect(videos[0]!.psnr).toBeCloseTo(decibels(4), 3);
    expect(videos[1]!.psnr).toBeCloseTo(decibels(8), 3);
  });

  test('what is missing, or of another size, is named', async () => {
    await writeGrey('other/a/1.png', 1);
    await expect(async () => evaluate()).rejects.toThrow(/the video a in .* received none of 2$/);
    await writeGrey('other/a/2.png', 1, 30);
    await expect(async () => evaluate()).rejects.toThrow(/the video b in .* no such folder/);
    await writeGrey('other/b/1.png', 1);
    await expect(evaluate()).rejects.toThrow(/Video a: expected the restored 2\.png at 24x24 .* 30x24/);
  });

  test('a program that gives another number of frames is refused', async () => {
    const deblurrer = {
      async *deblur() {
        yield { width: 24, height: 24, data: new Float32Array(24 * 24 * 3) };
      },
    };
    await expect(evaluateVideoFolder(join(folder, 'set'), deblurrer)).rejects.toThrow(
      /Video a: expected 2 restored frames, one for each blurred one, but received 1/,
    );
  });
});
