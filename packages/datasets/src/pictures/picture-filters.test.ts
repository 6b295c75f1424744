import { describe, expect, test } from '@jest/globals';
import { gaussianBlur } from './picture-filters.js';

const [width, height] = [31, 25];

describe('gaussianBlur', () => {
  test.each([0.4, 1, 2.5])(
    'spreads a point by the standard deviation asked for (%s pixels), each channel by itself',
    (sigmaPixels) => {
      const point = new Float32Array(width * height * 3);
      point[(12 * width + 15) * 3 + 1] = 1;
      const blurred = gaussianBlur(point, width, height, sigmaPixels);
      const moments = { sum: 0, x: 0, y: 0, xx: 0, yy: 0 };
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [red, green, blue] = blurred.subarray(
            (y * width + x) * 3,
            (y * width + x) * 3 + 3,
          ) as unknown as [number, number, number];
          expect([red, blue]).toEqual([0, 0]);
          moments.sum += green;
          moments.x += green * (x - 15);
          moments.y += green * (y - 12);
          moments.xx += green * (x - 15) ** 2;
          moments.yy += green * (y - 12) ** 2;
        }
      }
      expect(moments.sum).toBeCloseTo(1, 5);
      expect(moments.x).toBeCloseTo(0, 5);
      expect(moments.y).toBeCloseTo(0, 5);
      const sampled = sampledVariance(sigmaPixels);
      expect(moments.xx).toBeCloseTo(sampled, 5);
      expect(moments.yy).toBeCloseTo(sampled, 5);
      if (sigmaPixels >= 1) expect(Math.abs(sampled / sigmaPixels ** 2 - 1)).toBeLessThan(0.04);
    },
  );

  test('leaves a plain picture as it is up to its edges', () => {
    for (const value of gaussianBlur(new Float32Array(width * height * 3).fill(0.3), width, height, 2)) {
      expect(value).toBeCloseTo(0.3, 6);
    }
  });
});

/** Variance of a Gaussian read at whole pixels up to three standard deviations. */
function sampledVariance(sigma: number): number {
  let [sum, squares] = [0, 0];
  for (let x = -Math.ceil(3 * sigma); x <= Math.ceil(3 * sigma); x++) {
    const weight = Math.exp(-(x ** 2) / (2 * sigma ** 2));
    sum += weight;
    squares += weight * x ** 2;
  }
  return squares / sum;
}
