import { expect, test } from '@jest/globals';
import { crop, padByReflection } from './padding.js';

function numbered(width: number, height: number) {
  return {
    width,
    height,
    data: Float32Array.from({ length: width * height * 3 }, (_, i) => Math.floor(i / 3)),
  };
}

/** The first channel, row by row. */
function values({ width, height, data }: { width: number; height: number; data: Float32Array }): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 3]!),
  );
}

test('mirrors without repeating the edge, back and forth when the image is smaller than the pad', () => {
  expect(values(padByReflection(numbered(3, 2), 8, 4))).toEqual([
    [0, 1, 2, 1, 0, 1, 2, 1],
    [3, 4, 5, 4, 3, 4, 5, 4],
    [0, 1, 2, 1, 0, 1, 2, 1],
    [3, 4, 5, 4, 3, 4, 5, 4],
  ]);
});

test('mirrors to the left and above as well where it is told to', () => {
  expect(values(padByReflection(numbered(3, 2), 6, 4, { left: 2, top: 1 }))).toEqual([
    [5, 4, 3, 4, 5, 4],
    [2, 1, 0, 1, 2, 1],
    [5, 4, 3, 4, 5, 4],
    [2, 1, 0, 1, 2, 1],
  ]);
  const data = new Float32Array(8 * 8 * 3).fill(9);
  expect(padByReflection(numbered(5, 3), 8, 8, { left: 1, top: 2, data }).data).toBe(data);
  expect([...crop({ width: 8, data }, 3, 1, 2, 5, 3)]).toEqual([...numbered(5, 3).data]);
});

test('repeats a single pixel', () => {
  expect(values(padByReflection({ width: 1, height: 1, data: new Float32Array([7, 7, 7]) }, 3, 2))).toEqual([
    [7, 7, 7],
    [7, 7, 7],
  ]);
});

test('crop undoes the padding', () => {
  const image = numbered(5, 3);
  const padded = padByReflection(image, 32, 32);
  expect([...crop(padded, 3, 0, 0, 5, 3)]).toEqual([...image.data]);
  expect([...crop(image, 3, 1, 2, 2, 1)]).toEqual([11, 11, 11, 12, 12, 12]);
});

test('refuses to shrink', () => {
  expect(() => padByReflection(numbered(5, 3), 4, 3)).toThrow(
    'Expected a padded size of at least 5x3 but received 4x3',
  );
});
