import { beforeEach, describe, expect, test } from '@jest/globals';
import { writeSampleFolder } from '@unblur/datasets';
import sharp from 'sharp';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SampleValidation } from './sample-run.js';
import { tinyRun, tinySizePixels } from '../photo/tiny-network.test-tool.js';
import { validationSamples } from './validation-samples.js';
import { newFolder } from '../../new-folder.test-tool.js';

let folder = '';
beforeEach(() => void (folder = newFolder()));

const frameCount = 3;

function readingFolder(count = 16): SampleValidation {
  return { ...tinyRun('steps: 1').validation, panoramas: null, folder, count };
}

/** Red says x, green says y and blue says the level, in 8-bit steps. */
function coordinates(width: number, height: number, level: number) {
  return {
    width,
    height,
    data: Float32Array.from(
      { length: width * height * 3 },
      (_, i) => [Math.floor(i / 3) % width, Math.floor(i / 3 / width), level][i % 3]! / 255,
    ),
  };
}

const writeSample = (name: string, width: number, height: number, frames = frameCount) =>
  writeSampleFolder(join(folder, name), {
    blurred: coordinates(width, height, 100),
    frames: Array.from({ length: frames }, (_, frame) => coordinates(width, height, frame)),
  });

describe('validation samples from a folder', () => {
  test('are the middle of each picture, frames in time order, by name', async () => {
    await writeSample('b', 40, 50);
    await writeSample('a', tinySizePixels, tinySizePixels);
    const [a, b] = await validationSamples(readingFolder(), frameCount);
    const corners = ({ width, data }: { width: number; data: Float32Array }) =>
      [...data.slice(0, 3), ...data.slice(-3), width].map((value) => Math.round(value * 255));
    const size = tinySizePixels * 255;
    expect(corners(a!.blurred)).toEqual([0, 0, 100, 31, 31, 100, size]);
    expect(corners(b!.blurred)).toEqual([4, 9, 100, 35, 40, 100, size]);
    expect(b!.frames.map(corners)).toEqual([0, 1, 2].map((level) => [4, 9, level, 35, 40, level, size]));
  });

  test('come with their flow where there is one', async () => {
    await writeSampleFolder(
      join(folder, 'moved'),
      {
        blurred: coordinates(40, 50, 100),
        frames: [0, 1, 2].map((frame) => coordinates(40, 50, frame)),
        // Of each point its column and row, so that it shows what is cut out.
        flowsPixels: [-1, 0, 1].map((time) =>
          Float32Array.from(
            { length: 40 * 50 * 2 },
            (_, i) => time * [Math.floor(i / 2) % 40, Math.floor(i / 2 / 40)][i % 2]!,
          ),
        ),
      },
      {},
      { flow: true },
    );
    await writeSample('still', 32, 32);
    const [moved, still] = await validationSamples(readingFolder(), frameCount);
    const corners = moved!.flowsPixels!.map((flow) => [...flow.slice(0, 2), ...flow.slice(-2)]);
    expect(corners[0]).toEqual([-4, -9, -35, -40]);
    expect(corners[2]).toEqual([4, 9, 35, 40]);
    expect(still).not.toHaveProperty('flowsPixels');
  });

  test('are as many as asked for', async () => {
    for (const name of ['c', 'a', 'b']) await writeSample(name, 32, name === 'c' ? 16 : 32);
    expect(await validationSamples(readingFolder(2), frameCount)).toHaveLength(2);
  });

  test('of another number of frames, or too small, are refused by name', async () => {
    await writeSample('five', 32, 32, 5);
    await expect(validationSamples(readingFolder(), frameCount)).rejects.toThrow(
      /Expected 3 frames, .*five' but received 5/,
    );
    rmSync(join(folder, 'five'), { recursive: true });
    await writeSample('low', 64, 16);
    await expect(validationSamples(readingFolder(), frameCount)).rejects.toThrow(
      /at least 32x32 .*low' but they are 64x16/,
    );
  });
});

test('validation samples from panoramas come with their flow', async () => {
  await sharp({ create: { width: 128, height: 64, channels: 3, background: 'teal' } })
    .png()
    .toFile(join(folder, 'teal.png'));
  const { validation } = tinyRun('steps: 1');
  const angleDegrees = [3, 4];
  const [sample] = await validationSamples(
    { ...validation, panoramas: folder, count: 1, angleDegrees },
    frameCount,
  );
  const [toFirst, still, toLast] = sample!.flowsPixels!;
  expect(toFirst).toHaveLength(tinySizePixels ** 2 * 2);
  expect(still!.every((value) => Math.abs(value) < 1e-4)).toBe(true);
  const length = (flow: Float32Array) => Math.hypot(flow[0]!, flow[1]!);
  expect(length(toFirst!)).toBeGreaterThan(0.5);
  expect(Math.abs(length(toFirst!) / length(toLast!) - 1)).toBeLessThan(0.2);
});
