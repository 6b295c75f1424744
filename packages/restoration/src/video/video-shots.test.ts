import { describe, expect, test } from '@jest/globals';
import type { RgbImage } from '../raster.js';
import { movingWaves } from './tiny-video-network.test-tool.js';
import { inShots } from './video-shots.js';

/** Which frames start a shot, and how often each different one is shown. */
async function shotsOf(
  frames: RgbImage[],
): Promise<{ starts: number[]; shown: number[]; given: RgbImage[] }> {
  const [starts, shown, given]: [number[], number[], RgbImage[]] = [[], [], []];
  let index = 0;
  // One buffer for all, as a reader of clips has it.
  const buffer: RgbImage = { width: 0, height: 0, data: new Float32Array(frames[0]!.data.length) };
  function* overwriting(): Generator<RgbImage> {
    for (const { width, height, data } of frames) {
      buffer.data.set(data);
      yield Object.assign(buffer, { width, height });
    }
  }
  for await (const { frame, shownFrames, startsShot } of inShots(overwriting())) {
    if (startsShot) starts.push(index);
    index += shownFrames;
    shown.push(shownFrames);
    given.push({ ...frame, data: frame.data.slice() });
  }
  return { starts, shown, given };
}

const random = (seed: number) => () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;

const [width, height] = [64, 36];
const patchSize = 6;
const scenes = [1, 2, 3].map((seed) => Float32Array.from({ length: 64 * 6 * 3 }, random(seed)));

/** A view of one of the scenes, patches of colour, from a camera at `left`. */
function view(scene: number, left: number, light = 1): RgbImage {
  const colours = scenes[scene - 1]!;
  const data = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = (((x + left) / patchSize) | 0) % 64;
      const patch = (((y / patchSize) | 0) * 64 + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const value = colours[patch + channel]! * light;
        data[(y * width + x) * 3 + channel] = value > 1 ? 1 : value;
      }
    }
  }
  return { width, height, data };
}

const pan = (seed: number, count: number, speed: number, begin = 0) =>
  Array.from({ length: count }, (_, frame) => view(seed, begin + frame * speed));

/** Rounded to 8 bits, with noise of so many levels. */
function noisy({ width, height, data }: RgbImage, levels: number, seed: number): RgbImage {
  const next = random(seed);
  return {
    width,
    height,
    data: data.map((value) => Math.round(value * 255 + (next() + next() + next() - 1.5) * 2 * levels) / 255),
  };
}

describe('inShots', () => {
  test('finds a cut between calm shots, between moving ones and after a shot of three frames', async () => {
    expect((await shotsOf([...pan(1, 5, 0.5), ...pan(2, 5, 0.5)])).starts).toEqual([0, 5]);
    expect((await shotsOf([...pan(1, 6, 3), ...pan(2, 6, 4)])).starts).toEqual([0, 6]);
    expect((await shotsOf([...pan(1, 6, 2), ...pan(2, 3, 2), ...pan(3, 6, 2)])).starts).toEqual([0, 6, 9]);
    expect((await shotsOf([...pan(1, 6, 1), ...pan(2, 1, 1)])).starts).toEqual([0, 6]);
  });

  test('takes a flash, a fast pan and one that begins at once for no cut', async () => {
    const flash = (frames: number) => [
      ...pan(1, 5, 1),
      ...Array.from({ length: frames }, (_, i) => view(1, 5 + i, 5)),
      ...pan(1, 5, 1, 5 + frames),
    ];
    expect((await shotsOf(flash(1))).starts).toEqual([0]);
    expect((await shotsOf(flash(2))).starts).toEqual([0]);
    expect((await shotsOf(pan(1, 9, 27))).starts).toEqual([0]);
    expect((await shotsOf([...pan(1, 5, 0.5), ...pan(1, 6, 16, 16)])).starts).toEqual([0]);
    expect((await shotsOf(movingWaves(24, 16, 6))).starts).toEqual([0]);
  });

  test('gives a repeated frame once, up to the noise of coding', async () => {
    const telecine = pan(1, 8, 2).flatMap((frame, i) =>
      Array.from({ length: 2 + (i % 2) }, (_, copy) => noisy(frame, 0.7, 10 * i + copy)),
    );
    const { shown, given, starts } = await shotsOf(telecine);
    expect(shown).toEqual([2, 3, 2, 3, 2, 3, 2, 3]);
    expect(given[3]!.data).toEqual(telecine[7]!.data);
    expect(starts).toEqual([0]);
  });

  test('keeps frames in which little moves', async () => {
    const caret = view(1, 0);
    caret.data.fill(1, width * 20 * 3, width * 20 * 3 + 3);
    expect((await shotsOf([view(1, 0), caret, view(1, 0), view(1, 0)])).shown).toEqual([1, 1, 2]);
    // A fade of a third of a level a frame adds up.
    const fade = Array.from({ length: 40 }, (_, i) => view(1, 0, 1 - i / 400));
    expect((await shotsOf(fade)).shown.length).toBeGreaterThan(5);
    expect((await shotsOf(pan(1, 12, 1))).shown).toEqual(Array.from({ length: 12 }, () => 1));
  });

  test('holds no more frames the longer a clip is, nor waits for the end of a still one', async () => {
    let read = 0;
    function* still(): Generator<RgbImage> {
      const frame = view(1, 0);
      for (; read < 1100; read++) yield frame;
    }
    const shots = inShots(still());
    const first = (await shots.next()).value!;
    expect(first.shownFrames).toBeLessThanOrEqual(251);
    expect(read).toBeLessThan(800);
    let shown = first.shownFrames;
    for await (const { shownFrames } of shots) shown += shownFrames;
    expect(shown).toBe(1100);
  });
});
