import { describe, expect, test } from '@jest/globals';
import { toFractions, type MotionField, type RgbImage } from '@unblur/restoration';
import { FullSize, shrinker } from './full-size.js';

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

describe('FullSize', () => {
  const photo = stripes(64, 32, 4);
  const small = async () => shrinker(photo)(16, 8);

  test('keeps the detail of the photograph where nothing moved', async () => {
    const still = [uniform(photo, 0), uniform(photo, 0.4)];
    const frame = toFractions(
      await (await FullSize.prepare(photo, await small(), still)).bring(await small()),
    );
    frame.data.forEach((value, i) => expect(Math.abs(value - photo.data[i]!)).toBeLessThan(1e-4));
  });

  test('keeps none of it where things moved', async () => {
    const moving = [uniform(photo, -3), uniform(photo, 3)];
    const frame = toFractions(
      await (await FullSize.prepare(photo, await small(), moving)).bring(await small()),
    );
    const enlarged = await small();
    expect([frame.width, frame.height]).toEqual([64, 32]);
    const spread = (values: Float32Array) => Math.max(...values) - Math.min(...values);
    expect(spread(frame.data)).toBeLessThan(spread(enlarged.data) + 0.05);
    expect(spread(photo.data)).toBeGreaterThan(0.5);
  });
});
