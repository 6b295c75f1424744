import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { UnblurError } from '@unblur/files';
import type { RgbImage } from '@unblur/metrics';
import sharp from 'sharp';
import { evaluateVideoFolder } from './videos.js';

const folder = mkdtempSync(join(tmpdir(), 'unblur-eval-video-'));
const grey = (value: number, border = value): RgbImage => ({
  width: 24,
  height: 24,
  data: Float32Array.from({ length: 24 * 24 * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 24, Math.floor(i / 72)];
    return Math.min(x, y, 23 - x, 23 - y) < 4 ? border : value;
  }),
});

/** 8 bit, which holds the grey levels exactly. */
async function writePicture(path: string, { width, height, data }: RgbImage): Promise<void> {
  const bytes = Uint8Array.from(data, (value) => Math.round(value * 255));
  await sharp(bytes, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
}

beforeAll(async () => {
  for (const part of ['blur', 'gt']) {
    for (const video of ['a', 'b']) mkdirSync(join(folder, part, video), { recursive: true });
  }
  for (const [video, frames] of [
    ['a', 2],
    ['b', 1],
  ] as const) {
    for (let frame = 0; frame < frames; frame++) {
      // Off by 20 levels inside, by 100 in the border that the published protocol leaves out.
      await writePicture(join(folder, 'blur', video, `${frame}.png`), grey(100 / 255, 200 / 255));
      await writePicture(join(folder, 'gt', video, `${frame}.png`), grey(120 / 255, 100 / 255));
    }
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Adds 10.4 levels: 10 after rounding. */
const brighter = {
  async *deblur(frames: AsyncIterable<RgbImage> | Iterable<RgbImage>) {
    for await (const frame of frames) yield { ...frame, data: frame.data.map((value) => value + 10.4 / 255) };
  },
};
const decibels = (levels: number) => 20 * Math.log10(255 / levels);

describe('evaluateVideoFolder', () => {
  test('refuses an option of another name, and another protocol, before anything is read', async () => {
    await expect(evaluateVideoFolder('nowhere', brighter, { protocl: 'whole' } as never)).rejects.toThrow(
      /^Expected options among protocol, blurredFolder, .* but received 'protocl'$/,
    );
    await expect(evaluateVideoFolder('nowhere', brighter, { protocol: 'wohle' } as never)).rejects.toThrow(
      new UnblurError('Expected the protocol published or whole but received "wohle"'),
    );
  });

  test('scores by the published protocol: rounded to 8 bit, four pixels cut from each side', async () => {
    const report = await evaluateVideoFolder(folder, brighter);
    expect(report.samples).toBe(3);
    expect(report.psnr.mean).toBeCloseTo(decibels(10), 4);
    expect(report.baseline.psnr.mean).toBeCloseTo(decibels(20), 4);
    expect(report.psnr.perFrame).toEqual([report.psnr.mean]);
    expect(report.protocol).toEqual({
      name: 'published',
      borderPixels: 4,
      roundsTo8Bit: true,
      colour: 'RGB',
      ssimWindow: 'gaussian',
    });
    expect(report.videos.map(({ name, frames }) => [name, frames])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  test('scores whole frames as they are on request', async () => {
    const report = await evaluateVideoFolder(folder, brighter, { protocol: 'whole' });
    const [inside, border] = [(16 * 16) / (24 * 24), 1 - (16 * 16) / (24 * 24)];
    expect(report.baseline.psnr.mean).toBeCloseTo(
      decibels(Math.sqrt(inside * 20 ** 2 + border * 100 ** 2)),
      3,
    );
    expect(report.psnr.mean).toBeCloseTo(decibels(Math.sqrt(inside * 9.6 ** 2 + border * 110.4 ** 2)), 3);
  });

  test('names the video that has no ground truth', async () => {
    rmSync(join(folder, 'gt', 'b', '0.png'));
    await expect(evaluateVideoFolder(folder, brighter)).rejects.toThrow(
      /Expected frames .* in .*gt\/b, in the order of their names, but received none/,
    );
    rmSync(join(folder, 'gt', 'b'), { recursive: true });
    await expect(evaluateVideoFolder(folder, brighter)).rejects.toThrow(
      /Expected the sharp frames of .*blur.b in .*gt.b or .*sharp.b but there is no such folder/,
    );
  });
});
