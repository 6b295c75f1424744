import { describe, expect, test } from '@jest/globals';
import { DenseFlow, pyramidOf, sampleAt, type Plane } from './dense-flow.js';
import { noiseTexture } from './noise-texture.test-tool.js';

const [width, height] = [96, 64];
const texture = noiseTexture(1);

/** A picture known between its pixels too, whose content lies `(dx, dy)` further. */
function movedBy(dx: number, dy: number): Plane {
  return {
    width,
    height,
    data: Float32Array.from({ length: width * height }, (_, place) =>
      texture((place % width) - dx, Math.floor(place / width) - dy),
    ),
  };
}

describe('DenseFlow', () => {
  test.each([
    [0, 0],
    [0.4, -0.7],
    [5.3, 2.6],
    [-9, 4],
  ])('finds a motion of %d, %d pixels', (dx, dy) => {
    const [first, second] = [pyramidOf(movedBy(0, 0)), pyramidOf(movedBy(dx, dy))];
    const flow = new DenseFlow(first).between(first, second);
    let error = 0;
    for (let y = 16; y < height - 16; y++) {
      for (let x = 16; x < width - 16; x++) {
        error = Math.max(error, Math.hypot(flow.dx[y * width + x]! - dx, flow.dy[y * width + x]! - dy));
      }
    }
    expect(error).toBeLessThan(0.25);
  });

  test('finds none where nothing is seen', () => {
    const grey = pyramidOf({ width, height, data: new Float32Array(width * height).fill(0.4) });
    const { dx, dy } = new DenseFlow(grey).between(grey, grey);
    expect(Math.max(...dx.map(Math.abs), ...dy.map(Math.abs))).toBe(0);
  });

  test('takes pictures of a few pixels, and of odd sizes', () => {
    for (const [columns, rows] of [
      [1, 1],
      [3, 2],
      [37, 19],
    ] as const) {
      const picture = pyramidOf({
        width: columns,
        height: rows,
        data: Float32Array.from({ length: columns * rows }, (_, place) => ((place * 7) % 5) / 5),
      });
      const { dx } = new DenseFlow(picture).between(picture, picture);
      expect(dx).toHaveLength(columns * rows);
      expect(Math.max(...dx.map(Math.abs))).toBeLessThan(1e-6);
    }
  });
});

test('sampleAt is linear between pixels and goes on beyond the edge', () => {
  const plane = Float32Array.of(0, 1, 2, 4);
  expect(sampleAt(plane, 2, 2, 0.5, 0)).toBeCloseTo(0.5);
  expect(sampleAt(plane, 2, 2, 0.5, 0.5)).toBeCloseTo(1.75);
  expect(sampleAt(plane, 2, 2, -3, 9)).toBe(2);
});
