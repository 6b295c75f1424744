import { describe, expect, test } from '@jest/globals';
import type { RgbImage } from '@unblur/metrics';
import { shrinkImage } from '../pictures/picture-filters.js';
import { createRandom } from '../random.js';
import { estimateMotionPixels, motionBetweenGrey, motionBetweenPixels } from './frame-motion.js';

const random = createRandom(7);
const waves = Array.from({ length: 30 }, () => ({
  across: random.between(-1, 1),
  down: random.between(-1, 1),
  phase: random.between(0, 7),
}));

/**
 * A texture of many unrelated waves, so that every shift is known exactly and no place looks like another,
 * moved by (dx, dy).
 */
function texture(width: number, height: number, dx: number, dy: number, scale = 1): RgbImage {
  const data = new Float32Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 3) {
      const value = waves.reduce(
        (sum, { across, down, phase }) =>
          sum + 0.04 * Math.sin((across * (x - dx) + down * (y - dy)) / scale + phase),
        0.5,
      );
      data.fill(value, i, i + 3);
    }
  }
  return { width, height, data };
}

describe('motionBetweenPixels', () => {
  test.each([
    [0, 0],
    [1, 0],
    [0.5, -0.25],
    [3.4, 2.2],
    [-6, 1.5],
  ])('finds a shift by (%d, %d)', (dx, dy) => {
    expect(
      Math.abs(motionBetweenPixels(texture(120, 90, 0, 0), texture(120, 90, dx, dy)) - Math.hypot(dx, dy)),
    ).toBeLessThan(0.35);
  });

  test.each([
    [0.5, 0],
    [1.6, -0.8],
    [2.5, 0],
    [4, 3],
    [-7, 2],
    [0, 30],
  ])('tells whether a shift by (%d, %d) is above 2 pixels without measuring more', (dx, dy) => {
    const grey = (image: RgbImage) => ({ ...image, data: image.data.filter((_, index) => index % 3 === 0) });
    const motion = motionBetweenGrey(grey(texture(120, 90, 0, 0)), grey(texture(120, 90, dx, dy)), 2);
    expect(motion > 2).toBe(Math.hypot(dx, dy) > 2);
  });

  test('finds it in a large picture, in its own pixels', () => {
    const motion = motionBetweenPixels(texture(500, 110, 0, 0, 2), texture(500, 110, 5, 3, 2));
    expect(Math.abs(motion - Math.hypot(5, 3))).toBeLessThan(0.7);
  });

  test('sees what moves alone, and is 0 where nothing is textured', () => {
    const [still, moved] = [texture(110, 110, 0, 0), texture(110, 110, 0, 0)];
    const shifted = texture(110, 110, 5, 0);
    for (let y = 0; y < 110; y++) {
      for (let x = 0; x < 165; x++) moved.data[y * 330 + x] = shifted.data[y * 330 + x]!;
    }
    expect(motionBetweenPixels(still, moved)).toBeGreaterThan(4.5);
    const flat: RgbImage = { width: 64, height: 64, data: new Float32Array(64 * 64 * 3).fill(0.4) };
    expect(motionBetweenPixels(flat, flat)).toBe(0);
  });
});

describe('estimateMotionPixels', () => {
  test('follows what moves through all frames', () => {
    const motion = estimateMotionPixels(
      [-3, -2, -1, 0, 1, 2, 3].map((time) => texture(80, 64, 3 * time, -1.5 * time)),
    );
    const place = 2 * (30 * 80 + 35);
    expect(Math.abs(motion[place]! - 9)).toBeLessThan(0.8);
    expect(Math.abs(motion[place + 1]! + 4.5)).toBeLessThan(0.8);
    // Too near to the border to be followed.
    expect(motion[0]).toBe(0);
  });
});

describe('shrinkImage', () => {
  test('means blocks and leaves out what does not fill one', () => {
    const image: RgbImage = {
      width: 5,
      height: 2,
      data: Float32Array.from({ length: 30 }, (_, i) => Math.floor(i / 3)),
    };
    const { width, height, data } = shrinkImage(image, 2);
    expect([width, height]).toEqual([2, 1]);
    expect(Array.from(data)).toEqual([3, 3, 3, 5, 5, 5]);
  });
});
