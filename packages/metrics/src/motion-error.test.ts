import { describe, expect, test } from '@jest/globals';
import { averageMotion, motionAt, scoreMotion, type MotionField } from './index.js';

/** A motion (ax + b, cy + d) of the photograph's pixels, on cells of 4 x 4 pixels. */
function affineField([a, b, c, d]: [number, number, number, number], width = 6, height = 5): MotionField {
  const stridePixels = 4;
  const centre = (cell: number) => (cell + 0.5) * stridePixels - 0.5;
  const data = Float32Array.from({ length: width * height * 2 }, (_, index) => {
    const cell = index >> 1;
    return index % 2 === 0 ? a * centre(cell % width) + b : c * centre(Math.floor(cell / width)) + d;
  });
  return { width, height, stridePixels, data };
}

test('between cell centres a motion is what one that changes evenly has there', () => {
  const { dx, dy } = motionAt(affineField([0.1, 1, -0.2, 2]), 9.25, 6.5);
  expect(dx).toBeCloseTo(0.1 * 9.25 + 1, 5);
  expect(dy).toBeCloseTo(-0.2 * 6.5 + 2, 5);
});

describe('the error of a motion', () => {
  const picture = { width: 24, height: 20 };
  const [toFirst, still, toLast] = [-1, 0, 1].map((time) => affineField([0, 3 * time, 0, 4 * time]));
  const found = [toFirst!, still!, toLast!];
  const flows = (length: number): Float32Array[] =>
    [-1, 0, 1].map((time) =>
      Float32Array.from({ length: 24 * 20 * 2 }, (_, i) => time * length * (i % 2 === 0 ? 0.6 : 0.8)),
    );
  const inOrder = { rule: 'sequence', reversed: false } as const;

  test('is the mean distance of end points, of all frames but the middle one', () => {
    const score = scoreMotion(found, flows(7), picture, inOrder);
    for (const [figure, error] of [
      [score.found, 2],
      [score.still, 7],
    ] as const) {
      expect(figure.perFrame[1]).toBe(0);
      for (const value of [figure.first, figure.last, figure.mean]) expect(value).toBeCloseTo(error, 5);
    }
    const backwards = scoreMotion(found, flows(5), picture, { ...inOrder, reversed: true });
    expect(backwards.found.mean).toBeCloseTo(10, 5);
  });

  test('is averaged over samples where all have one', () => {
    const scores = [6, 8].map((length) => scoreMotion(found, flows(length), picture, inOrder));
    expect(averageMotion(scores)!.found.mean).toBeCloseTo(2, 5);
    expect(averageMotion([...scores, null])).toBeNull();
    expect(averageMotion([])).toBeNull();
  });

  test('of things that are no motions is refused in one line', () => {
    expect(() => scoreMotion(undefined as never, flows(5), picture, inOrder)).toThrow(
      'Expected a list of motions and one of flows but received nothing and a list',
    );
  });

  test('is not told of motions and flows that do not belong together', () => {
    for (const [motions, of, size] of [
      [found.slice(1), flows(5), picture],
      [[], [], picture],
      [found, flows(5), { width: 24, height: 24 }],
    ] as const) {
      expect(() => scoreMotion(motions, of, size, inOrder)).toThrow(
        /^Expected as many motions as flows, 3 or more, the flows of 24x2[04] with 2 values a pixel, but received/,
      );
    }
  });
});
