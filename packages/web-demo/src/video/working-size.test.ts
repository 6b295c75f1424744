import { expect, test } from '@jest/globals';
import { workingChoices, workingSize } from './working-size.js';

test.each([
  [{ width: 1920, height: 1080 }, 640, { width: 640, height: 360 }],
  [{ width: 1080, height: 1920 }, 480, { width: 270, height: 480 }],
  [{ width: 641, height: 361 }, 960, { width: 640, height: 360 }],
  [{ width: 1000, height: 3 }, 320, { width: 320, height: 2 }],
] as const)('fits %j to %i pixels, both sides even', (clip, side, size) =>
  expect(workingSize(clip, side)).toEqual(size),
);

const cost = (secondsPerMegapixel: number) => ({ secondsPerMegapixel, sizeMultiple: 128 });

test('offers sizes up to that of the clip, with what each takes', () => {
  const choices = workingChoices({ width: 1280, height: 720, frames: 100 }, cost(4));
  expect(choices.map(({ width }) => width)).toEqual([256, 384, 640, 1024, 1280]);
  // 640 x 360 is worked on as 640 x 384.
  expect(choices[2]!.seconds).toBeCloseTo(100 * 4 * 0.24576);
});

test('takes the largest size that is made in minutes, but none smaller than 384', () => {
  const automatic = (secondsPerMegapixel: number) =>
    workingChoices({ width: 1280, height: 720, frames: 100 }, cost(secondsPerMegapixel)).find(
      ({ isAutomatic }) => isAutomatic,
    )!.width;
  expect(automatic(2)).toBe(1280);
  expect(automatic(3)).toBe(1024);
  expect(automatic(1000)).toBe(384);
});

test('works on a tiny clip in its own size', () => {
  expect(workingChoices({ width: 96, height: 64, frames: 8 }, cost(4))).toMatchObject([
    { width: 96, height: 64, isAutomatic: true },
  ]);
});
