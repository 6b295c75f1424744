import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { meanDifference } from './image-statistics.js';

test('the mean difference is ten times the mean over the colours and pixels of every cell', () => {
  // In the left one of two cells of 4x4 a quarter of the pixels differ by 0.3 in one colour of three; in the
  // right one all by -0.2.
  const a = tf.buffer([1, 4, 8, 3]);
  for (let x = 0; x < 4; x++) a.set(0.3, 0, 1, x, 2);
  for (let y = 0; y < 4; y++) {
    for (let x = 4; x < 8; x++) for (let colour = 0; colour < 3; colour++) a.set(-0.2, 0, y, x, colour);
  }
  const difference = meanDifference(a.toTensor() as tf.Tensor4D, tf.zeros([1, 4, 8, 3]), 2);
  expect(difference.shape).toEqual([1, 1, 2, 1]);
  const [left, right] = difference.dataSync();
  expect(left).toBeCloseTo((10 * 0.3) / 4 / 3, 5);
  expect(right).toBeCloseTo(10 * 0.2, 5);
});
