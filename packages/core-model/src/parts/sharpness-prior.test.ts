import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { largestDifference } from '../tensors.test-tool.js';
import { sharpnessPrior } from './sharpness-prior.js';

const seen = (warped: tf.Tensor4D) => ({
  warped,
  mask: tf.ones<tf.Rank.R4>([1, warped.shape[1], warped.shape[2], 1]),
});
const flat = (value: number) => tf.fill([1, 7, 7, 3], value) as tf.Tensor4D;
/** Far enough from the edges to see a whole patch. */
const middle = (prior: tf.Tensor4D) => prior.dataSync()[3 * 7 + 3]!;

describe('sharpnessPrior', () => {
  test.each(['root', 'squared'] as const)('is 1 where nothing changes (%s)', (form) => {
    const image = tf.randomUniform<tf.Rank.R4>([1, 7, 7, 3], 0, 1, 'float32', 1);
    expect(
      largestDifference(sharpnessPrior(form, seen(image), image, seen(image)), tf.ones([1, 7, 7, 1])),
    ).toBeLessThan(1e-6);
  });

  test('falls with the distance as each form says, by hand', () => {
    // Neighbours off by 0.1 and 0.2 in all three channels: squares sum to 3 (0.01 + 0.04) = 0.15.
    expect(middle(sharpnessPrior('root', seen(flat(0.4)), flat(0.5), seen(flat(0.7))))).toBeCloseTo(
      Math.exp(-Math.sqrt(0.15 / 2)),
      5,
    );
    expect(middle(sharpnessPrior('squared', seen(flat(0.4)), flat(0.5), seen(flat(0.7))))).toBeCloseTo(
      Math.exp((-0.15 * 25) / 2),
      5,
    );
  });

  test('is 0 where a neighbour is not seen, and has no gradient', () => {
    const image = flat(0.5);
    const hidden = { warped: image, mask: tf.zeros<tf.Rank.R4>([1, 7, 7, 1]) };
    expect(tf.max(sharpnessPrior('root', hidden, image, seen(image))).dataSync()[0]).toBe(0);
    const gradient = tf.grad(
      (x: tf.Tensor) =>
        tf.sum(
          tf.mul(sharpnessPrior('root', seen(flat(0.3)), x as tf.Tensor4D, seen(image)), tf.mean(x)),
        ) as tf.Scalar,
    )(image);
    // Only through the mean: S summed, over the number of values.
    const total = tf.sum(sharpnessPrior('root', seen(flat(0.3)), image, seen(image))).dataSync()[0]!;
    expect(gradient.dataSync()[0]).toBeCloseTo(total / 147, 5);
  });
});
