import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { fill, slice } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { gradientError } from './finite-differences.test-tool.js';
import { orderInvariantPairLoss } from './order-invariant-pair-loss.js';

const flat = (value: number) => fill([1, 2, 2, 3], value) as Tensor4D;
const lossOf = ([a, b]: [number, number], [gtA, gtB]: [number, number]) =>
  orderInvariantPairLoss([flat(a), flat(b)], [flat(gtA), flat(gtB)]).dataSync()[0]!;

describe('orderInvariantPairLoss', () => {
  test('by hand: sums differ by 0.1, differences by 0.3', () => {
    expect(lossOf([0.3, 0.7], [0.2, 0.9])).toBeCloseTo(0.1 + 0.3, 6);
  });

  test('a pair may be exchanged', () => {
    expect(lossOf([0.9, 0.1], [0.1, 0.9])).toBeCloseTo(0, 6);
  });

  test('a pair of equal frames is not the answer, unlike for the plain loss of both orders together', () => {
    expect(lossOf([0.5, 0.5], [0.1, 0.9])).toBeCloseTo(0.8, 6);
  });

  test('has the gradient that finite differences find', () => {
    const values = Float32Array.from({ length: 24 }, (_, index) => 0.5 + 0.3 * Math.sin(5 * index + 1));
    const loss = (x: Tensor4D) => {
      const frame = (index: number): Tensor4D => slice(x, [index, 0, 0, 0], [1, 2, 2, 3]);
      return orderInvariantPairLoss([frame(0), frame(1)], [flat(0.11), flat(0.93)]);
    };
    expect(gradientError((x) => loss(x as Tensor4D), [2, 2, 2, 3], values, 1e-3)).toBeLessThan(5e-3);
  });
});
