import { describe, expect, test } from '@jest/globals';
import { Adam, globalNorm } from './adam.js';
import type { AdamOptions } from './adam.js';

const options: AdamOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: null };
const weightsOf = (...values: number[]) => ({
  w: { shape: [values.length], values: Float32Array.from(values) },
});
const gradientsOf = (...values: number[]) => ({ w: Float32Array.from(values) });

describe('Adam', () => {
  test("the first step moves every weight by the learning rate, whatever its gradient's size", () => {
    const weights = weightsOf(1, 1, 1);
    new Adam(weights, options).update(gradientsOf(1e-3, -50, 0), 0.1, 1);
    expect(weights.w.values[0]).toBeCloseTo(0.9, 4);
    expect(weights.w.values[1]).toBeCloseTo(1.1, 6);
    expect(weights.w.values[2]).toBe(1);
  });

  test('two steps by hand', () => {
    const weights = weightsOf(0);
    const adam = new Adam(weights, options);
    adam.update(gradientsOf(1), 0.1, 1);
    adam.update(gradientsOf(3), 0.1, 2);
    // m = 0.1 * 1 * 0.9 + 0.1 * 3 = 0.39, corrected by 1 - 0.81; v = 0.001 * 0.999 + 0.009 = 0.009999,
    // corrected by 1 - 0.998001.
    const second = (0.1 * (0.39 / 0.19)) / Math.sqrt(0.009999 / 0.001999);
    expect(weights.w.values[0]).toBeCloseTo(-0.1 - second, 6);
  });

  test('weight decay acts apart from the gradient', () => {
    const weights = weightsOf(2);
    new Adam(weights, { ...options, weightDecay: 0.5 }).update(gradientsOf(0), 0.1, 1);
    expect(weights.w.values[0]).toBeCloseTo(2 * (1 - 0.1 * 0.5), 6);
  });

  test('clipping scales all gradients to the given global norm, and the norm before it is returned', () => {
    const clipped = new Adam(weightsOf(0, 0), { ...options, clipNorm: 1 });
    expect(clipped.update(gradientsOf(3, 4), 0.1, 1)).toBeCloseTo(5, 6);
    expect(clipped.firstMoments['w']![0]).toBeCloseTo(0.1 * 0.6, 6);
    expect(clipped.firstMoments['w']![1]).toBeCloseTo(0.1 * 0.8, 6);
  });

  test('a gradient that is not finite is named, and no weight moves', () => {
    const weights = {
      a: { shape: [1], values: Float32Array.of(1) },
      'encoder.kernel': { shape: [1], values: Float32Array.of(1) },
    };
    const adam = new Adam(weights, options);
    expect(() =>
      adam.update({ a: Float32Array.of(1), 'encoder.kernel': Float32Array.of(NaN) }, 0.1, 1),
    ).toThrow("'encoder.kernel'");
    expect(weights.a.values[0]).toBe(1);
  });

  test('finds the minimum of a badly scaled quadratic', () => {
    const weights = weightsOf(5, -3);
    const adam = new Adam(weights, options);
    for (let step = 1; step <= 2000; step++) {
      const [x, y] = weights.w.values as unknown as [number, number];
      adam.update(gradientsOf(100 * (x - 1), 0.01 * (y - 2)), 0.02, step);
    }
    expect(weights.w.values[0]).toBeCloseTo(1, 2);
    expect(weights.w.values[1]).toBeCloseTo(2, 2);
  });
});

test('globalNorm is over all arrays together', () => {
  expect(globalNorm({ a: Float32Array.of(2, 3), b: Float32Array.of(6) })).toBe(7);
});
