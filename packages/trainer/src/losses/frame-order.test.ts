import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { add, concat, fill, mul, sum, tensor1d, valueAndGrad } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { lossInOrder } from './frame-order.js';
import type { FrameOrder, KnownMotion } from './frame-order.js';

/** Two samples: the first one fits as it is, the second one reversed. */
const lossOf = (reversed: boolean) => ({
  total: tensor1d(reversed ? [5, 2] : [1, 4]),
  part: tensor1d(reversed ? [50, 20] : [10, 40]),
});

/** The motion of each sample, the same at every place. */
const motionOf = (first: [number, number], second: [number, number], known = [1, 1]): KnownMotion => ({
  pixels: concat(
    [first, second].map((motion) => mul(fill([1, 2, 2, 2], 1), tensor1d(motion)) as Tensor4D),
    0,
  ),
  known: tensor1d(known),
});
const numbersOf = (order: FrameOrder, motion?: KnownMotion) =>
  Object.fromEntries(
    Object.entries(lossInOrder(order, motion, lossOf)).map(([name, value]) => [name, value.dataSync()[0]]),
  );

describe('lossInOrder', () => {
  test('in ground-truth order takes the samples as they are, and asks for nothing else', () => {
    let calls = 0;
    lossInOrder('ground-truth', undefined, (reversed) => (calls++, lossOf(reversed)));
    expect(calls).toBe(1);
    expect(numbersOf('ground-truth')).toEqual({ total: 2.5, part: 25 });
  });

  test('in the better order takes the smaller total of each sample, and its terms with it', () => {
    expect(numbersOf('better')).toEqual({ total: 1.5, part: 15 });
  });

  test('in the canonical order takes the one that moves to the right, whichever is smaller', () => {
    expect(numbersOf('canonical', motionOf([2, 1], [-2, 1]))).toEqual({ total: 1.5, part: 15 });
    expect(numbersOf('canonical', motionOf([-2, 1], [2, 1]))).toEqual({ total: 4.5, part: 45 });
  });

  test('where the motion is up, down or not known, the canonical order is the better one', () => {
    expect(numbersOf('canonical', motionOf([-0.5, 2], [0.5, -2]))).toEqual({ total: 1.5, part: 15 });
    expect(numbersOf('canonical', motionOf([-2, 1], [2, 1], [0, 1]))).toEqual({ total: 2.5, part: 25 });
  });

  test('lets gradients through the order that was taken alone', () => {
    const { grad } = gradientOf(
      (x) =>
        lossInOrder('better', undefined, (reversed) => ({
          total: add(lossOf(reversed).total, mul(x, reversed ? 100 : 1)),
        })).total,
    );
    expect([...grad.dataSync()]).toEqual([0.5, 50]);
  });

  test('refuses the canonical order without a motion', () => {
    expect(() => numbersOf('canonical')).toThrow('Expected the motion of the samples');
  });
});

/** At two zeros. */
function gradientOf(loss: (x: Tensor) => Tensor) {
  return valueAndGrad((x: Tensor) => sum(loss(x)))(tensor1d([0, 0]));
}
