import { describe, expect, test } from '@jest/globals';
import type { DeepImage, RgbImage } from '../raster.js';
import { halfOf, halfSizeShareFor, nearHalfSize, nearHalfSizeMotion, runsBackwards } from './half-size.js';

const image = (width: number, height: number, value: (x: number, y: number) => number): RgbImage => ({
  width,
  height,
  data: Float32Array.from({ length: width * height * 3 }, (_, i) =>
    value(Math.floor(i / 3) % width, Math.floor(i / (3 * width))),
  ),
});
const deep = ({ data, ...size }: RgbImage): DeepImage => ({
  ...size,
  data: Uint16Array.from(data, (value) => Math.round(value * 65535)),
});
const green = ({ data }: RgbImage) => Array.from(data).filter((_, i) => i % 3 === 1);

test('half the size counts from 8 pixels on, from 12 on as much as the image itself', () => {
  const size = { width: 400, height: 192 };
  expect([0, 8, 10, 12, 300].map((length) => halfSizeShareFor(length, size))).toEqual([0, 0, 0.25, 0.5, 0.5]);
  expect(halfSizeShareFor(12, { width: 400, height: 191 })).toBe(0);
});

test.each([
  [4, 2, [0.1, 0.2, 0.5, 0.6, 0.3, 0.4, 0.7, 0.8], [0.25, 0.65]],
  [3, 3, [0.1, 0.2, 0.5, 0.3, 0.4, 0.7, 0.8, 0.6, 0.9], [0.25, 0.6, 0.7, 0.9]],
  [1, 1, [0.4], [0.4]],
])('half of %dx%d pixels: means of 2x2, at an odd edge of what there is', (width, height, values, means) => {
  const half = halfOf(image(width, height, (x, y) => values[y * width + x]!));
  expect([half.width, half.height]).toEqual([Math.ceil(width / 2), Math.ceil(height / 2)]);
  green(half).forEach((value, i) => expect(value).toBeCloseTo(means[i]!, 6));
});

describe('nearHalfSize', () => {
  test('moves by the share of what half the size shows otherwise, and keeps the detail', () => {
    const grained = (x: number, y: number) => 0.3 + x / 100 + y / 50 + ((x + y) % 2 === 0 ? 0.1 : -0.1);
    const frame = image(8, 6, grained);
    const half = halfOf(frame);
    const lighter = { ...half, data: half.data.map((value) => value + 0.2) };
    const near = nearHalfSize(frame, lighter, 0.25);
    const expected = image(8, 6, (x, y) => grained(x, y) + 0.05);
    near.data.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i]!, 6));
  });

  test.each([
    [7, 5],
    [1, 1],
    [2, 9],
  ])('a frame that looks like its half is left as it is: %dx%d', (width, height) => {
    const frame = () => image(width, height, (x, y) => ((3 * x + 5 * y) % 7) / 7);
    expect(nearHalfSize(frame(), halfOf(frame()), 0.5)).toEqual(frame());
  });

  test('what grows evenly from cell to cell grows evenly from pixel to pixel', () => {
    const flat = image(10, 4, () => 0.2);
    const half = image(5, 2, (x) => 0.2 + 0.1 * x);
    const row = green(nearHalfSize(flat, half, 0.5)).slice(1, 9);
    row.forEach((value, i) => expect(value).toBeCloseTo(0.2 + 0.5 * 0.1 * ((i + 1.5) / 2 - 0.5), 6));
  });

  test('integers as fractions, whichever half the size has; nothing leaves the range', () => {
    const frame = () => image(8, 6, (x) => 0.1 + x / 8);
    const half = image(4, 3, (x) => (x < 2 ? 0 : 1));
    const inFractions = nearHalfSize(frame(), half, 0.5);
    for (const [whole, part] of [
      [deep(frame()), half],
      [deep(frame()), deep(half)],
    ] as const) {
      const inIntegers = nearHalfSize(whole, part, 0.5);
      inIntegers.data.forEach((value, i) =>
        expect(Math.abs(value - inFractions.data[i]! * 65535)).toBeLessThanOrEqual(1.5),
      );
    }
    expect(Math.min(...inFractions.data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...inFractions.data)).toBe(1);
  });
});

test('motions are averaged in pixels of the image', () => {
  const motion = (width: number, dx: number, dy: number) => ({
    width,
    height: 1,
    stridePixels: 4,
    data: Float32Array.from({ length: 2 * width }, (_, i) => (i % 2 === 0 ? dx : dy)),
  });
  const near = nearHalfSizeMotion(motion(3, 10, -2), motion(2, 7, 0), 0.5);
  expect(near).toEqual(motion(3, 12, -1));
});

test('tells which way the frames of half the size run', () => {
  const at = (left: number) => image(8, 4, (x) => (x >= left && x < left + 2 ? 1 : 0));
  const [before, after] = [at(2), at(4)];
  const halves = [halfOf(before), halfOf(after)] as const;
  expect(runsBackwards([before, after], halves)).toBe(false);
  expect(runsBackwards([deep(before), deep(after)], [halves[1], halves[0]])).toBe(true);
  expect(runsBackwards([before, before], [halves[0], halves[0]])).toBe(false);
});
