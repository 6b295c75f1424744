import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { fill, slice } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { gradientError } from './finite-differences.test-tool.js';
import { symmetricPenalty } from './symmetric-penalty.js';

const flat = (value: number) => fill([1, 2, 2, 3], value) as Tensor4D;

describe('symmetricPenalty', () => {
  const gt = [flat(0.1), flat(0.5), flat(0.8)];

  test('is minus the mean distance to the mirrored ground truth; the middle frame does not count', () => {
    // Frame 0 against gt 2: |0.2 - 0.8|; frame 2 against gt 0: |0.4 - 0.1|.
    expect(symmetricPenalty([flat(0.2), flat(0), flat(0.4)], gt, null).dataSync()[0]).toBeCloseTo(
      -(0.6 + 0.3) / 2,
      6,
    );
  });

  test('a bound stops the reward, frame by frame', () => {
    expect(symmetricPenalty([flat(0.2), flat(0), flat(0.4)], gt, 0.35).dataSync()[0]).toBeCloseTo(
      -(0.35 + 0.3) / 2,
      6,
    );
    expect(symmetricPenalty([flat(-1e6), flat(0), flat(1e6)], gt, 0.35).dataSync()[0]).toBeCloseTo(-0.35, 6);
  });

  // With 0.59 frame 0 is within its bound and frame 2 beyond it.
  test.each([null, 0.59])('with bound %p has the gradient that finite differences find', (bound) => {
    const values = Float32Array.from({ length: 36 }, (_, index) => (index < 12 ? 0.2 : 0.6) + 0.004 * index);
    const loss = (x: Tensor4D) =>
      symmetricPenalty(
        [0, 1, 2].map((frame) => slice(x, [frame, 0, 0, 0], [1, 2, 2, 3])),
        gt,
        bound,
      );
    expect(gradientError((x) => loss(x as Tensor4D), [3, 2, 2, 3], values, 1e-3)).toBeLessThan(2e-3);
  });
});
