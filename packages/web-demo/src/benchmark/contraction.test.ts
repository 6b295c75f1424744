import '@tensorflow/tfjs-backend-cpu';
import { einsum, randomNormal, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { contract } from './contraction.js';

describe('contract', () => {
  beforeAll(() => setBackend('cpu'));

  test.each([
    ['abcg,gf->abcf', [2, 3, 4, 5], [5, 6]],
    ['gb,cgef->bcef', [5, 3], [2, 5, 4, 6]],
    ['abgd,gf->abdf', [2, 3, 5, 4], [5, 6]],
  ])('is the sum %s', (equation, first, second) => {
    const tensors = [
      randomNormal(first, 0, 1, 'float32', 1),
      randomNormal(second, 0, 1, 'float32', 2),
    ] as const;
    const [expected, received] = [einsum(equation, ...tensors), contract(equation, [...tensors])];
    expect(received.shape).toEqual(expected.shape);
    const values = received.dataSync();
    expected.dataSync().forEach((value, index) => expect(values[index]).toBeCloseTo(value, 5));
  });

  test('refuses what is no product of matrices', () => {
    const tensor = randomNormal([2, 2]);
    expect(() => contract('ab,ab->ab', [tensor, tensor])).toThrow("'ab,ab->ab'");
  });
});
