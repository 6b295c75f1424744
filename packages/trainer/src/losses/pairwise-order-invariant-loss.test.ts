import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { fill, slice } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { gradientError } from './finite-differences.test-tool.js';
import { pairwiseOrderInvariantLoss } from './pairwise-order-invariant-loss.js';

const flat = (value: number) => fill([1, 2, 2, 3], value) as Tensor4D;
const lossOf = (frames: number[], gt: number[]) =>
  pairwiseOrderInvariantLoss(frames.map(flat), gt.map(flat)).dataSync()[0]!;

describe('pairwiseOrderInvariantLoss', () => {
  test('by hand: sums differ by 0.1, differences by 0.3, the middle by 0.2', () => {
    expect(lossOf([0.3, 0.5, 0.7], [0.2, 0.7, 0.9])).toBeCloseTo((0.1 + 0.3 + 0.2) / 2, 6);
  });

  test('every pair may be exchanged on its own', () => {
    expect(lossOf([0.9, 0.3, 0.5, 0.4, 0.1], [0.1, 0.3, 0.5, 0.4, 0.9])).toBeCloseTo(0, 6);
  });

  test('a pair of equal frames is not the answer, unlike for the plain loss of both orders together', () => {
    expect(lossOf([0.5, 0.5, 0.5], [0.1, 0.5, 0.9])).toBeCloseTo(0.8 / 2, 6);
  });

  test('has the gradient that finite differences find', () => {
    const values = Float32Array.from({ length: 36 }, (_, index) => 0.5 + 0.3 * Math.sin(5 * index + 1));
    const gt = [flat(0.11), flat(0.47), flat(0.93)];
    const loss = (x: Tensor4D) =>
      pairwiseOrderInvariantLoss(
        [0, 1, 2].map((frame) => slice(x, [frame, 0, 0, 0], [1, 2, 2, 3])),
        gt,
      );
    expect(gradientError((x) => loss(x as Tensor4D), [3, 2, 2, 3], values, 1e-3)).toBeLessThan(5e-3);
  });

  test('refuses an even number of frames', () => {
    expect(() => lossOf([1, 2], [1, 2])).toThrow('an odd number, but received 2 and 2');
  });
});
