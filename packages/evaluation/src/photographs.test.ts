import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { writeFlow } from '@unblur/datasets';
import { UnblurError } from '@unblur/files';
import type { RgbImage } from '@unblur/metrics';
import { evaluateFolder, identityRestorer, type FrameRestorer } from './photographs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unblur-eval-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A 16x16 image of one grey that 8 bit holds exactly. */
function grey(level: number, width = 16): RgbImage {
  return { width, height: 16, data: new Float32Array(width * 16 * 3).fill(level / 255) };
}

async function writeImage(path: string, level: number, width = 16): Promise<void> {
  await sharp({
    create: { width, height: 16, channels: 3, background: { r: level, g: level, b: level } },
  }).toFile(path);
}

/** A sample whose frame i is of grey levels[i] and whose blur is grey 100. */
async function writeSample(name: string, levels: number[], extension = 'png'): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await writeImage(join(path, `blur.${extension}`), 100);
  for (const [i, level] of levels.entries()) await writeImage(join(path, `frame-${i}.${extension}`), level);
  return path;
}

function restorerOf(levels: number[]): FrameRestorer {
  return { restore: async (blurred) => ({ frames: levels.map((level) => grey(level, blurred.width)) }) };
}

/** The PSNR of a difference between 8-bit levels. */
const decibels = (difference: number) => -20 * Math.log10(difference / 255);

describe('scores', () => {
  test('restored frames in their better order, the blurred image as baseline', async () => {
    await writeSample('a', [50, 100, 150]);
    await writeSample('b', [150, 100, 50]);
    const report = await evaluateFolder(folder, restorerOf([60, 110, 160]));
    expect(report.samples).toBe(2);
    expect(Object.keys(report).sort()).toEqual([
      'baseline',
      'closerToOwn',
      'motion',
      'perSample',
      'psnr',
      'rule',
      'samples',
      'ssim',
    ]);
    for (const value of report.psnr.perFrame) expect(value).toBeCloseTo(decibels(10), 3);
    expect(report.baseline.psnr.first).toBeCloseTo(decibels(50), 3);
    expect(report.baseline.psnr.middle).toBe(100);
    expect(report.ssim.mean).toBeGreaterThan(0.9);
  });

  test.each([
    ['3-frame model, 7-frame sample', [10, 40, 70], [10, 20, 30, 40, 50, 60, 70]],
    ['7-frame model, 3-frame sample', [10, 20, 30, 40, 50, 60, 70], [10, 40, 70]],
  ])('%s: first, middle and last are compared', async (_, restored, gt) => {
    await writeSample('a', gt);
    const report = await evaluateFolder(folder, restorerOf(restored));
    expect(report.psnr.perFrame).toEqual([100, 100, 100]);
  });

  test('samples come in the order of their names, each with its own scores; hidden folders and files beside are left out', async () => {
    await writeSample('b', [1, 2, 3], 'webp');
    await writeSample('a', [50, 100, 150]);
    await mkdir(join(folder, '.thumbnails'));
    await writeFile(join(folder, 'README.md'), 'notes');
    const seen: Array<[number, number, string]> = [];
    const { perSample } = await evaluateFolder(folder, restorerOf([60, 110, 160]), {
      onSample: (...progress) => seen.push(progress),
    });
    expect(seen).toEqual([
      [1, 2, 'a'],
      [2, 2, 'b'],
    ]);
    expect(perSample.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(perSample[0]!.psnr.first).toBeCloseTo(decibels(10), 3);
    expect(perSample[0]!.baseline.psnr.first).toBeCloseTo(decibels(50), 3);
    expect(perSample[1]!.psnr.middle).toBeCloseTo(decibels(108), 3);
  });

  test('the identity restorer scores as the baseline does, at as many times as there are frames', async () => {
    await writeSample('a', [50, 70, 100, 130, 150]);
    const { psnr, baseline } = await evaluateFolder(folder, identityRestorer);
    expect(psnr).toEqual(baseline.psnr);
    expect(psnr.perFrame).toHaveLength(5);
  });

  test('per-frame is offered by name and named in the report', async () => {
    await writeSample('a', [50, 100, 150]);
    expect((await evaluateFolder(folder, restorerOf([150, 100, 140]), { rule: 'per-frame' })).rule).toBe(
      'per-frame',
    );
  });
});

test('an option of another name is refused before anything is read', async () => {
  await expect(evaluateFolder('nowhere', identityRestorer, { rules: 'per-frame' } as never)).rejects.toThrow(
    /^Expected options among rule, onSample, .* but received 'rules'$/,
  );
});

describe('scores of motion', () => {
  /** Flow of the whole picture by (3, 4) pixels, and so by 5, in half the exposure. */
  async function writeFlows(path: string, frames: number): Promise<void> {
    for (let frame = 0; frame < frames; frame++) {
      const time = (2 * frame) / (frames - 1) - 1;
      const data = Float32Array.from({ length: 16 * 16 * 2 }, (_, i) => time * (i % 2 === 0 ? 3 : 4));
      await writeFlow(join(path, `flow-${frame}.flo`), { width: 16, height: 16, data });
    }
  }

  /** Restores the levels, and a motion of (dx, 4) pixels in half the exposure on a grid of 4 pixels. */
  const mover = (levels: number[], dx: number, others: Partial<FrameRestorer> = {}): FrameRestorer => ({
    knowsMotion: true,
    restore: async (blurred) => ({
      frames: levels.map((level) => grey(level, blurred.width)),
      motionsPixels: levels.map((_, frame) => {
        const time = (2 * frame) / (levels.length - 1) - 1;
        const data = Float32Array.from({ length: 4 * 4 * 2 }, (_value, i) => time * (i % 2 === 0 ? dx : 4));
        return { width: 4, height: 4, stridePixels: 4, data };
      }),
    }),
    ...others,
  });

  test('the mean end-point error of each frame, beside that of no motion', async () => {
    await writeFlows(await writeSample('a', [0, 50, 100, 150, 200]), 5);
    const { motion, perSample } = await evaluateFolder(folder, mover([0, 50, 100, 150, 200], 1));
    expect(motion!.found.perFrame.map((error) => Number(error.toFixed(5)))).toEqual([2, 1, 0, 1, 2]);
    expect(motion!.found).toMatchObject({ first: 2, last: 2, mean: 1.5 });
    expect(motion!.still).toMatchObject({ perFrame: [5, 2.5, 0, 2.5, 5], mean: 3.75 });
    expect(perSample[0]!.motion).toEqual(motion);
  });

  test('in the order of the frames, at the moments that are compared', async () => {
    await writeFlows(await writeSample('a', [0, 10, 20, 30, 40, 50, 60]), 7);
    const inOrder = await evaluateFolder(folder, mover([0, 30, 60], 3));
    expect(inOrder.motion!.found).toEqual({ perFrame: [0, 0, 0], first: 0, last: 0, mean: 0 });
    // The same frames the other way round, with the motion of that order.
    const backwards = await evaluateFolder(folder, mover([60, 30, 0], 3));
    expect(backwards.motion!.found.mean).toBeCloseTo(10, 5);
    const perFrame = await evaluateFolder(folder, mover([60, 30, 0], 3), { rule: 'per-frame' });
    expect(perFrame.motion!.found.mean).toBe(0);
  });

  test('are left out where the flow is not known, or the network tells no motion', async () => {
    await writeFlows(await writeSample('a', [0, 50, 100]), 3);
    expect((await evaluateFolder(folder, restorerOf([0, 50, 100]))).motion).toBeNull();
    const still = mover([0, 50, 100], 1, { knowsMotion: false });
    expect((await evaluateFolder(folder, still)).motion).toBeNull();
    expect((await evaluateFolder(folder, mover([50], 1))).motion).toBeNull();
    await writeSample('b', [0, 50, 100]);
    const { motion, perSample } = await evaluateFolder(folder, mover([0, 50, 100], 1));
    expect(motion).toBeNull();
    expect(perSample.map((sample) => sample.motion?.found.mean)).toEqual([2, undefined]);
  });
});

describe('bad folders: what is wrong and where', () => {
  async function failure(): Promise<string> {
    const error = (await evaluateFolder(folder, restorerOf([60, 110, 160])).catch(
      (cause: unknown) => cause,
    )) as UnblurError;
    expect(error).toBeInstanceOf(UnblurError);
    return error.message;
  }

  test('nothing in it, or not there', async () => {
    expect(await failure()).toMatch(/holds no samples; expected one sub-folder per sample with blur.png/);
    await expect(evaluateFolder(join(folder, 'none'), restorerOf([1, 2, 3]))).rejects.toThrow(
      /Expected a folder of samples at .*none but could not read it: there is no such file/,
    );
  });

  test('an incomplete sample is named before any is restored', async () => {
    await writeSample('a', [10, 20, 30]);
    await rm(join(await writeSample('b', [10, 20, 30]), 'frame-1.png'));
    const restorer = { restore: () => Promise.reject(new Error('restored')) };
    await expect(evaluateFolder(folder, restorer)).rejects.toThrow(
      `Sample ${join(folder, 'b')}: expected frame-0 to frame-2 without a gap, but frame-1 is missing`,
    );
  });

  test('sizes that differ', async () => {
    const path = await writeSample('a', [10, 20, 30]);
    await writeImage(join(path, 'frame-2.png'), 30, 20);
    expect(await failure()).toBe(
      `Sample ${path}: expected all pictures at 16x16, the size of its blurred one, but frame-2.png is 20x16`,
    );
  });

  test('numbers of frames that differ', async () => {
    await writeSample('a', [10, 20, 30]);
    await writeSample('b', [10, 20, 30, 40, 50]);
    await expect(evaluateFolder(folder, identityRestorer)).rejects.toThrow(
      /Expected 3 frames to compare, as in the samples before it, but sample \S+b has 5 among its 5/,
    );
  });

  test('a damaged frame, named', async () => {
    const path = await writeSample('a', [10, 20, 30]);
    await writeFile(join(path, 'frame-1.png'), 'not a picture');
    expect(await failure()).toMatch(/a\/frame-1\.png is not a photograph/);
  });
});
