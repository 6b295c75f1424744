import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { concat, mul, neg, slice, tensor4d, zeros } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { gradientError } from './finite-differences.test-tool.js';
import { evenMotions, trajectoryLoss } from './trajectory-loss.js';

describe('trajectoryLoss', () => {
  // One sample of 4x4 pixels, all of which move by (3, -4) from the middle to the last frame; restored at
  // half the size.
  const gt = tensor4d(
    Float32Array.from({ length: 32 }, (_, index) => (index % 2 === 0 ? 3 : -4)),
    [1, 4, 4, 2],
  );
  const half = (dx: number, dy: number) => tensor4d([dx, dy, dx, dy, dx, dy, dx, dy], [1, 2, 2, 2]);
  const none = zeros([1, 2, 2, 2]) as Tensor4D;
  const valueOf = (motions: Tensor4D[], times: number[], truth: Tensor4D = gt) =>
    trajectoryLoss(motions, evenMotions(truth, times, 2)).dataSync()[0]!;

  test('is a tenth of a pixel over the mean length plus one where every frame moves as the truth does, evenly', () => {
    expect(
      valueOf([half(-3, 4), half(-1.5, 2), none, half(1.5, -2), half(3, -4)], [-1, -0.5, 0, 0.5, 1]),
    ).toBeCloseTo(0.1 / (3 + 1), 6);
  });

  test('is the mean distance of all frames over the mean length plus one pixel', () => {
    // The first frame errs by (3, 4), the last by (0, 12); the frames are 5, 0 and 5 away from the middle
    // one.
    const distances = [Math.hypot(5, 0.1), 0.1, Math.hypot(12, 0.1)];
    expect(valueOf([half(0, 8), none, half(3, 8)], [-1, 0, 1])).toBeCloseTo(
      distances.reduce((sum, distance) => sum + distance) / 3 / (10 / 3 + 1),
      5,
    );
  });

  test('reversed in time, it is that of the opposite motion', () => {
    const motions = [half(0, 8), none, half(1, 8)];
    expect(valueOf(motions, [-1, 0, 1], neg(gt))).toBeCloseTo(valueOf([...motions].reverse(), [-1, 0, 1]), 6);
  });

  test('keeps samples apart', () => {
    const both = (a: Tensor4D, b: Tensor4D) => concat([a, b], 0);
    const [first, second] = trajectoryLoss(
      [both(half(0, 8), half(-3, 4)), both(half(3, 8), half(3, -4))],
      evenMotions(both(gt, mul(gt, 1)), [-1, 1], 2),
    ).dataSync();
    expect(first).toBeCloseTo(valueOf([half(0, 8), half(3, 8)], [-1, 1]), 6);
    expect(second).toBeCloseTo(0.1 / 6, 6);
  });

  test('has the gradient that finite differences find', () => {
    const values = Float32Array.from({ length: 16 }, (_, index) => 3 * Math.sin(3 * index));
    const motion = (x: Tensor4D, frame: number) => slice(x, [frame, 0, 0, 0], [1, 2, 2, 2]);
    expect(
      gradientError(
        (x) =>
          trajectoryLoss([motion(x as Tensor4D, 0), motion(x as Tensor4D, 1)], evenMotions(gt, [-1, 1], 2)),
        [2, 2, 2, 2],
        values,
        1e-2,
      ),
    ).toBeLessThan(1e-3);
  });
});
