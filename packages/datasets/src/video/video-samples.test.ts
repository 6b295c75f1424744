import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { listFrames } from '@unblur/clips';
import sharp from 'sharp';
import { newFolder } from '../pictures/picture-folder.test-tool.js';
import { createRandom } from '../random.js';
import {
  type VideoSample,
  type VideoSampleOptions,
  videoSamples,
  windowStarts,
} from './video-samples.node.js';

/** Frame i is a ramp of bytes that starts at 10 i. */
async function writeFrame(path: string, index: number, width = 8): Promise<void> {
  const bytes = Uint8Array.from({ length: width * 6 * 3 }, (_, i) => (10 * index + i) % 256);
  await sharp(bytes, { raw: { width, height: 6, channels: 3 } })
    .png()
    .toFile(path);
}

async function makeVideo(count: number): Promise<string> {
  const folder = newFolder();
  for (let index = 0; index < count; index++) await writeFrame(join(folder, `frame${index}.png`), index);
  return folder;
}

async function collect(folder: string, options: Partial<VideoSampleOptions> = {}): Promise<VideoSample[]> {
  const samples: VideoSample[] = [];
  for await (const sample of videoSamples(listFrames(folder), {
    frames: 3,
    averaging: 'display',
    ...options,
  })) {
    samples.push(sample);
  }
  return samples;
}

describe('videoSamples', () => {
  test('averages windows that share no frame, in the order of the numbers', async () => {
    const folder = await makeVideo(11);
    expect(
      listFrames(folder)
        .map((path) => basename(path))
        .slice(-2),
    ).toEqual(['frame9.png', 'frame10.png']);
    const samples = await collect(folder);
    expect(samples.map(({ firstFrame }) => firstFrame)).toEqual(['frame0.png', 'frame3.png', 'frame6.png']);
    const { blurred, frames } = samples[1]!;
    for (let i = 0; i < blurred.data.length; i++) {
      expect(blurred.data[i]).toBe(
        Math.fround((frames[0]!.data[i]! + frames[1]!.data[i]! + frames[2]!.data[i]!) / 3),
      );
    }
    expect(frames[2]!.data[0]! * 255).toBeCloseTo(50, 4);
  });

  test.each([
    [{ maxStepPixels: -1 }, 'Expected maxStepPixels to be a number of at least 0 but received -1.'],
    [{ maxStepPixels: NaN }, 'Expected maxStepPixels to be a number of at least 0 but received NaN.'],
    [{ maxStepPixels: '2' }, 'Expected maxStepPixels to be a number of at least 0 but received "2".'],
    [
      { averaging: 'linear' },
      'Expected averaging to be display or linear-srgb or linear-gamma-2.2 but received "linear".',
    ],
    [{ sizePixels: 2.5 }, 'Expected sizePixels to be a positive integer but received 2.5.'],
    [{ onBadFrame: 'ignore' }, `Expected onBadFrame to be 'stop' or 'skip' but received "ignore".`],
  ])('refuses %j', async (options, message) => {
    const folder = await makeVideo(3);
    await expect(collect(folder, options as never)).rejects.toThrow(new RangeError(message));
  });

  test('cuts the same random window out of all frames of an exposure, by the seed', async () => {
    const folder = await makeVideo(5);
    const [a] = await collect(folder, { sizePixels: 4, seed: 1 });
    expect(a!.blurred).toMatchObject({ width: 4, height: 4 });
    const shift = (a!.frames[1]!.data[0]! - a!.frames[0]!.data[0]!) * 255;
    expect(shift).toBeCloseTo(10, 3);
    expect(await collect(folder, { sizePixels: 4, seed: 1 })).toEqual(
      await collect(folder, { sizePixels: 4, seed: 1 }),
    );
    const windows = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(
        async (seed) => (await collect(folder, { sizePixels: 4, seed }))[0]!.frames[0]!.data[0],
      ),
    );
    expect(new Set(windows).size).toBeGreaterThan(1);
    await expect(collect(folder, { sizePixels: 7 })).rejects.toThrow('Expected frames of at least 7x7');
  });

  test('leaves out exposures whose frames are too far apart to average, unless shrunk', async () => {
    const folder = newFolder();
    // A fine random texture that stays for three frames, then jumps by 6 pixels a frame.
    const random = createRandom(1);
    const texture = Uint8Array.from({ length: 150 * 60 }, () => random.below(256));
    for (const [index, shift] of [0, 0, 0, 6, 12, 18].entries()) {
      const bytes = Uint8Array.from(
        { length: 90 * 60 * 3 },
        (_, i) => texture[Math.floor(i / 270) * 150 + shift + (Math.floor(i / 3) % 90)]!,
      );
      await sharp(bytes, { raw: { width: 90, height: 60, channels: 3 } })
        .png()
        .toFile(join(folder, `frame${index}.png`));
    }
    const messages: string[] = [];
    const samples = await collect(folder, { maxStepPixels: 2, onSkip: (message) => messages.push(message) });
    expect(samples.map(({ firstFrame }) => firstFrame)).toEqual(['frame0.png']);
    expect(messages).toEqual([
      'Left out the exposure from frame3.png on: neighbouring frames are 6.0 pixels apart, more than 2.',
    ]);
    const shrunk = await collect(folder, { shrink: 2, maxStepPixels: 3.5 });
    expect(shrunk).toHaveLength(2);
    expect(shrunk[0]!.blurred).toMatchObject({ width: 45, height: 30 });
  });

  test('names a damaged frame, or leaves out the exposures that need it', async () => {
    const folder = await makeVideo(9);
    writeFileSync(join(folder, 'frame4.png'), 'torn');
    await expect(collect(folder)).rejects.toThrow(/could not decode .*frame4\.png/);
    const messages: string[] = [];
    const samples = await collect(folder, {
      onBadFrame: 'skip',
      onSkip: (message) => messages.push(message),
    });
    expect(samples.map(({ firstFrame }) => firstFrame)).toEqual(['frame0.png', 'frame6.png']);
    expect(messages).toEqual([expect.stringMatching(/exposure from frame3\.png on: .*frame4\.png/)]);
  });

  test('names a frame of another size, and refuses too short a video', async () => {
    const folder = await makeVideo(3);
    await writeFrame(join(folder, 'frame1.png'), 1, 9);
    await expect(collect(folder)).rejects.toThrow(/frame1\.png to be 8x6, like frame0\.png, but it is 9x6/);
    await expect(collect(folder, { frames: 5 })).rejects.toThrow(
      'at least 5 frames for one exposure but the video has 3',
    );
    await expect(collect(folder, { frames: 4 })).rejects.toThrow('odd number of at least 3 but received 4');
  });
});

describe('windows', () => {
  test('start a stride apart and end within the video', () => {
    expect(windowStarts(20, 7, 7)).toEqual([0, 7]);
    expect(windowStarts(21, 7, 7)).toEqual([0, 7, 14]);
    expect(windowStarts(9, 7, 1)).toEqual([0, 1, 2]);
    expect(windowStarts(6, 7, 1)).toEqual([]);
  });
});
