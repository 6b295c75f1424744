import { expect, test } from '@jest/globals';
import { exposureMotion, rimLengthPixels } from './motion-field.js';

/** A motion (ax + b, cy + d) of the photograph's pixels, on cells of 4 x 4 pixels. */
function affineField([a, b, c, d]: [number, number, number, number], width = 6, height = 5) {
  const stridePixels = 4;
  const centre = (cell: number) => (cell + 0.5) * stridePixels - 0.5;
  const data = Float32Array.from({ length: width * height * 2 }, (_, index) => {
    const cell = index >> 1;
    return index % 2 === 0 ? a * centre(cell % width) + b : c * centre(Math.floor(cell / width)) + d;
  });
  return { width, height, stridePixels, data };
}

const still = affineField([0, 0, 0, 0]);

test('the motion of the exposure runs from the first frame to the last', () => {
  const { data } = exposureMotion([affineField([0, -2, 0, 1]), still, affineField([0, 3, 0, -4])]);
  expect([data[0], data[1]]).toEqual([5, -5]);
});

test('the rim of the wheel is the length of the longest vectors, at least a pixel', () => {
  expect(rimLengthPixels(affineField([0, 3, 0, 4]))).toBeCloseTo(5, 5);
  expect(rimLengthPixels(affineField([0, 0.3, 0, 0.4]))).toBe(1);
});
