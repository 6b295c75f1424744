import { describe, expect, test } from '@jest/globals';
import type { MotionField, RgbImage } from './raster.js';
import { FullSize, resize, scaleForMotion, surveyMotion } from './working-scale.js';

/** A motion that is the same everywhere. */
const uniform = ({ width, height }: { width: number; height: number }, dx: number): MotionField => ({
  width: Math.ceil(width / 4),
  height: Math.ceil(height / 4),
  stridePixels: 4,
  data: Float32Array.from({ length: Math.ceil(width / 4) * Math.ceil(height / 4) * 2 }, (_, i) =>
    i % 2 === 0 ? dx : 0,
  ),
});
const stripes = (width: number, height: number, period: number): RgbImage => ({
  width,
  height,
  data: Float32Array.from(
    { length: width * height * 3 },
    (_, i) => 0.5 + 0.3 * Math.sin((2 * Math.PI * (Math.floor(i / 3) % width)) / period),
  ),
});

describe('surveyMotion', () => {
  /** A network that follows up to 18 pixels and sees nothing of what is longer. */
  const seeing = (lengthPixels: number, photo: RgbImage) => async (copy: RgbImage) => {
    const there = (lengthPixels * copy.width) / photo.width;
    return uniform(copy, there <= 18 ? there : 0.3);
  };

  test.each([5, 60, 200])(
    'finds %d pixels of a large photograph, whatever copy shows them',
    async (length) => {
      const photo: RgbImage = { width: 2048, height: 64, data: new Float32Array(2048 * 64 * 3) };
      expect(await surveyMotion(photo, seeing(length, photo))).toBeCloseTo(length, 3);
    },
  );

  test('takes what only a coarse copy shows, a fraction of a pixel, for noise', async () => {
    const photo: RgbImage = { width: 2048, height: 64, data: new Float32Array(2048 * 64 * 3) };
    expect(
      await surveyMotion(photo, async (copy) => uniform(copy, copy.width === 512 ? 0.25 : 1)),
    ).toBeCloseTo(1, 5);
  });
});

test('the scale is the largest at which nothing moves too far', () => {
  const reach = { fullSizePixels: 18, fullSizePixelsOfLarge: 8, smallerPixels: 14 };
  const scales = (width: number, height: number, lengths: number[]) =>
    lengths.map((length) => scaleForMotion(length, { width, height }, reach));
  expect(scales(640, 360, [3, 18, 18.1, 28, 28.1, 56, 57, 1000])).toEqual([
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

describe('FullSize', () => {
  const photo = stripes(64, 32, 4);
  const small = async () => resize(photo, 16, 8);

  test('keeps the detail of the photograph where nothing moved', async () => {
    const still = [uniform(photo, 0), uniform(photo, 0.4)];
    const frame = await (await FullSize.prepare(photo, await small(), still)).bring(await small());
    frame.data.forEach((value, i) => expect(Math.abs(value - photo.data[i]!)).toBeLessThan(1e-4));
  });

  test('keeps none of it where things moved', async () => {
    const moving = [uniform(photo, -3), uniform(photo, 3)];
    const frame = await (await FullSize.prepare(photo, await small(), moving)).bring(await small());
    const enlarged = await resize(await small(), 16, 8);
    expect([frame.width, frame.height]).toEqual([64, 32]);
    const spread = (values: Float32Array) => Math.max(...values) - Math.min(...values);
    expect(spread(frame.data)).toBeLessThan(spread(enlarged.data) + 0.05);
    expect(spread(photo.data)).toBeGreaterThan(0.5);
  });
});
