import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../random.js';
import { anglesOfDirection } from './camera.js';
import { anglesOfPanoramaPixel, directionOfAngles, panoramaPixelOfAngles } from './sphere.test-tool.js';

const size = { width: 4096, height: 2048 };

describe('the sphere', () => {
  test('has its axes where they are said to be', () => {
    const forward = directionOfAngles(anglesOfPanoramaPixel({ x: 2047.5, y: 1023.5 }, size));
    expect(forward[2]).toBeCloseTo(1, 15);
    const right = directionOfAngles(anglesOfPanoramaPixel({ x: 3071.5, y: 1023.5 }, size));
    expect(right[0]).toBeCloseTo(1, 15);
    const up = directionOfAngles(anglesOfPanoramaPixel({ x: 17, y: -0.5 }, size));
    expect(up[1]).toBeCloseTo(-1, 15);
    expect(anglesOfDirection([0, 0, -1]).longitudeRadians).toBe(Math.PI);
  });

  test('takes pixels to unit vectors and back within 1e-6 pixel, next to the poles and the seam too', () => {
    const random = createRandom(5);
    const edges = [
      { x: -0.4999, y: 3 },
      { x: 4095.4999, y: 2000 },
      { x: 100, y: -0.499 },
      { x: 3000, y: 2047.499 },
    ];
    const inner = Array.from({ length: 500 }, () => ({
      x: random.between(-0.5, 4095.5),
      y: random.between(-0.49, 2047.49),
    }));
    for (const pixel of [...edges, ...inner]) {
      const direction = directionOfAngles(anglesOfPanoramaPixel(pixel, size));
      expect(Math.hypot(...direction)).toBeCloseTo(1, 14);
      const back = panoramaPixelOfAngles(anglesOfDirection(direction), size);
      expect(Math.abs(back.x - pixel.x)).toBeLessThan(1e-6);
      expect(Math.abs(back.y - pixel.y)).toBeLessThan(1e-6);
    }
  });
});
