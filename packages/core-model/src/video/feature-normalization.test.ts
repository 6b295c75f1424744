import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { normalizeChannels } from './feature-normalization.js';

test('gives every pixel mean 0 and variance 1 over its channels, whatever the scale and the offset of the features', () => {
  const features = tf.randomNormal<tf.Rank.R4>([2, 3, 4, 16], 0, 1, 'float32', 5);
  const normalized = normalizeChannels(tf.add(tf.mul(features, 40), 7));
  const { mean, variance } = tf.moments(normalized, 3);
  expect(tf.max(tf.abs(mean)).dataSync()[0]).toBeLessThan(1e-5);
  expect(tf.max(tf.abs(tf.sub(variance, 1))).dataSync()[0]).toBeLessThan(1e-4);
  const [same] = tf.max(tf.abs(tf.sub(normalized, normalizeChannels(tf.mul(features, 40))))).dataSync();
  expect(same).toBeLessThan(1e-5);
});

test('leaves what is flat at zero', () => {
  expect(
    tf.max(tf.abs(normalizeChannels(tf.fill([1, 2, 2, 8], 0.3) as tf.Tensor4D))).dataSync()[0],
  ).toBeLessThan(1e-6);
});
