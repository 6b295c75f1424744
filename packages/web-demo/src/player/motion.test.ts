import { describe, expect, test } from '@jest/globals';
import { exposureMotion, motionAt, rimLengthPixels } from '@unblur/restoration';
import { arrowEnlargement } from './motion.js';
import { globalPath } from './motion-summary.js';

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

describe('motion', () => {
  test('runs from the first frame to the last', () => {
    const { data } = exposureMotion([affineField([0, -2, 0, 1]), still, affineField([0, 3, 0, -4])]);
    expect([data[0], data[1]]).toEqual([5, -5]);
  });

  test('between cell centres is what a motion that changes evenly has there', () => {
    const { dx, dy } = motionAt(affineField([0.1, 1, -0.2, 2]), 9.25, 6.5);
    expect(dx).toBeCloseTo(0.1 * 9.25 + 1, 5);
    expect(dy).toBeCloseTo(-0.2 * 6.5 + 2, 5);
  });

  test('of the picture as a whole is the mean: that of the middle of the picture where it changes evenly', () => {
    const [start, middle] = globalPath([affineField([0.5, 0, 0, 7]), still]);
    expect(start!.dx).toBeCloseTo(0.5 * 11.5, 5);
    expect(start!.dy).toBeCloseTo(7, 5);
    expect(middle).toEqual({ dx: 0, dy: 0 });
  });

  test('has the length of its longest vectors at the rim of the wheel', () => {
    expect(rimLengthPixels(affineField([0, 3, 0, 4]))).toBeCloseTo(5, 5);
    expect(rimLengthPixels(still)).toBe(1);
  });

  test('is drawn longer while its arrows fit their cells', () => {
    expect(arrowEnlargement(40, 1)).toBe(1);
    expect(arrowEnlargement(2, 1)).toBe(20);
    expect(arrowEnlargement(1000, 1)).toBe(0.25);
  });
});
