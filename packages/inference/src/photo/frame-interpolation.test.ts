import { describe, expect, test } from '@jest/globals';
import type { MotionField } from '@unblur/restoration';
import { frameBetween, motionBetween } from './frame-interpolation.js';

const size = { width: 12, height: 10 };
/** A value for every pixel, the same in all colours. */
const picture = (valueAt: (x: number, y: number) => number) => ({
  ...size,
  data: Buffer.from(
    Array.from({ length: size.height }, (_, y) =>
      Array.from({ length: size.width }, (_, x) => new Array<number>(3).fill(valueAt(x, y))),
    ).flat(2),
  ),
});
const uniform = (dx: number, dy: number) =>
  Float32Array.from({ length: size.width * size.height * 2 }, (_, i) => (i % 2 === 0 ? dx : dy));

describe('frameBetween', () => {
  const scene = (x: number, y: number) => 10 * x + 8 * y + 20;
  const before = picture(scene);
  /** The scene, moved by (2, 1). */
  const after = picture((x, y) => Math.max(0, scene(x - 2, y - 1)));

  test.each([0.25, 0.5, 0.75])('shows things where they are %d of the way', (share) => {
    const { data } = frameBetween(before, after, uniform(2, 1), share);
    for (let y = 2; y < size.height - 2; y++) {
      for (let x = 2; x < size.width - 2; x++) {
        const expected = scene(x - 2 * share, y - share);
        expect(Math.abs(data[3 * (y * size.width + x) + 1]! - expected)).toBeLessThanOrEqual(0.5);
      }
    }
  });

  test('is the two frames at both ends', () => {
    expect(frameBetween(before, after, uniform(2, 1), 0).data.equals(before.data)).toBe(true);
    expect(frameBetween(before, after, uniform(2, 1), 1).data.equals(after.data)).toBe(true);
  });

  test('mixes the two where nothing moves', () => {
    const mixed = frameBetween(
      picture(() => 40),
      picture(() => 80),
      uniform(0, 0),
      0.25,
    );
    expect([...new Set(mixed.data)]).toEqual([50]);
  });
});

describe('motionBetween', () => {
  const field = (at: (column: number, row: number) => [number, number]): MotionField => ({
    width: 6,
    height: 5,
    stridePixels: 4,
    data: Float32Array.from(
      [0, 1, 2, 3, 4].flatMap((row) => [0, 1, 2, 3, 4, 5].flatMap((column) => at(column, row))),
    ),
  });

  test('is in pixels of the copies, bilinear between the centres of the cells', () => {
    // A photograph of 24x20, its motion 4 pixels more for every cell to the right, 2 for every one down.
    const motion = motionBetween(
      field(() => [1, 1]),
      field((column, row) => [1 + 4 * column, 1 + 2 * row]),
      size,
      2,
    );
    // Pixel (x, y) of the copy is 2x + 1 columns of the photograph in, of which a cell has four.
    const at = (x: number, y: number) => [...motion.subarray(2 * (12 * y + x), 2 * (12 * y + x) + 2)];
    expect(at(4, 3)).toEqual([2 * (9 / 4 - 0.5), 7 / 4 - 0.5]);
    expect(at(0, 0)).toEqual([0, 0]);
    expect(at(11, 9)).toEqual([10, 4]);
  });
});
