import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { tensor4d, zeros } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { gradientError } from './finite-differences.test-tool.js';
import { motionLoss } from './motion-loss.js';

describe('motionLoss', () => {
  // One sample of 4x4 pixels, all of which move by (3, -1); restored at half the size.
  const gt = tensor4d(Float32Array.from({ length: 32 }, (_, index) => (index % 2 === 0 ? 3 : -1)), [1, 4, 4, 2]);
  const half = (dx: number, dy: number) => tensor4d([dx, dy, dx, dy, dx, dy, dx, dy], [1, 2, 2, 2]);
  const none = zeros([1, 2, 2, 2]) as Tensor4D;

  test('is 0 where the last frame moves as the truth does and the first one oppositely', () => {
    expect(motionLoss([half(-3, 1), none, half(3, -1)], gt).dataSync()[0]).toBeCloseTo(0, 6);
  });

  test('is the mean error of both over the mean length plus one pixel', () => {
    // The first frame errs by (1, 0), the last by (0, 3): means 0.5 and 1.5; the truth is (3 + 1) / 2 long.
    expect(motionLoss([half(-2, 1), none, half(3, 2)], gt).dataSync()[0]).toBeCloseTo((0.5 + 1.5) / 2 / 3, 6);
  });

  test('has the gradient that finite differences find', () => {
    const values = Float32Array.from({ length: 8 }, (_, index) => Math.sin(3 * index));
    expect(gradientError((x) => motionLoss([none, none, x as Tensor4D], gt), [1, 2, 2, 2], values, 1e-2)).toBeLessThan(1e-3);
  });
});
