import { describe, expect, test } from '@jest/globals';
import type { MotionField } from '../motion-field.js';
import { isOneColor, movesBeyondReach, scaleForMotion, surveyMotion } from './working-scale.js';

/** A motion that is the same everywhere. */
const uniform = ({ width, height }: { width: number; height: number }, dx: number): MotionField => ({
  width: Math.ceil(width / 4),
  height: Math.ceil(height / 4),
  stridePixels: 4,
  data: Float32Array.from({ length: Math.ceil(width / 4) * Math.ceil(height / 4) * 2 }, (_, i) =>
    i % 2 === 0 ? dx : 0,
  ),
});

const reach = {
  fullSizePixels: 18,
  smallerPixels: 20,
  ofLarge: { fullSizePixels: 8, smallerPixels: 14 },
};

describe('surveyMotion', () => {
  const photo = { width: 2048, height: 640 };
  /** A network that follows up to 18 pixels and sees nothing of what is longer. */
  const seeing = (lengthPixels: number) => async (width: number, height: number) => {
    const there = (lengthPixels * width) / photo.width;
    return uniform({ width, height }, there <= 18 ? there : 0.3);
  };

  test.each([5, 60, 200])(
    'finds %d pixels of a large photograph, whatever copy shows them',
    async (length) => {
      expect(await surveyMotion(photo, seeing(length))).toBeCloseTo(length, 3);
    },
  );

  test('looks at a small photograph itself, and at copies that are smaller yet', async () => {
    const seen: number[] = [];
    const small = { width: 640, height: 360 };
    const length = await surveyMotion(small, async (width, height) => {
      seen.push(width);
      return uniform({ width, height }, (7 * width) / small.width);
    });
    expect(seen).toEqual([640, 256, 128]);
    expect(length).toBeCloseTo(7, 4);
  });

  test('takes what only a coarse copy shows, a fraction of a pixel, for noise', async () => {
    expect(
      await surveyMotion(photo, async (width, height) =>
        uniform({ width, height }, width === 512 ? 0.25 : 1),
      ),
    ).toBeCloseTo(1, 5);
  });
});

test('a photograph is of one colour where its pixels differ by rounding at most', () => {
  const photo = (...steps: number[]) => ({
    width: steps.length,
    height: 1,
    data: Float32Array.from(steps.flatMap((step) => [0, 0.5 + step / 255, 1])),
  });
  expect([photo(0, 0, 0), photo(0, 1, -1), photo(0, 0, 2)].map(isOneColor)).toEqual([true, true, false]);
});

test('what moves further than the network follows is beyond its reach', () => {
  const isBeyond = (length: number) => movesBeyondReach(uniform({ width: 640, height: 360 }, length), reach);
  expect([0.3, 18, -18.5].map(isBeyond)).toEqual([false, false, true]);
});

test('the scale is the largest at which nothing moves too far', () => {
  const scales = (width: number, height: number, lengths: number[]) =>
    lengths.map((length) => scaleForMotion(length, { width, height }, reach));
  expect(scales(640, 360, [3, 18, 18.1, 40, 40.1, 80, 81, 1000])).toEqual([
    1,
    1,
    1 / 2,
    1 / 2,
    1 / 4,
    1 / 4,
    1 / 8,
    1 / 8,
  ]);
  expect(scales(4000, 3000, [3, 8, 8.1, 28, 28.1, 57])).toEqual([1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 8]);
});
