import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { largestDifference, largestValue, randomImage } from '../tensors.test-tool.js';
import { consistencyCorrection, consistencyTimes } from './blur-consistency.js';

const size: [number, number] = [24, 40];
const shares = consistencyTimes.map((_, index) => (index % 6 === 0 ? 1 / 12 : 1 / 6));
/** Coarse noise: nothing in it is as fine as a pixel. */
const frames = consistencyTimes.map((_, index) =>
  tf.image.resizeBilinear(randomImage([6, 10], { seed: index + 1 }), size, false, true),
);
const meanOf = (images: readonly tf.Tensor[], gamma = 1) =>
  tf.pow(
    tf.addN(images.map((image, index) => tf.mul(tf.pow(image, gamma), shares[index]!))),
    1 / gamma,
  ) as tf.Tensor4D;
/** Without two pixels at each edge. */
const inside = (image: tf.Tensor4D) => tf.slice(image, [0, 2, 2, 0], [-1, size[0] - 4, size[1] - 4, 3]);

test('leaves frames alone that average to the photograph as display values, or as light', () => {
  const [display, light] = [meanOf(frames), meanOf(frames, 2.2)];
  expect(largestDifference(display, light)).toBeGreaterThan(0.1);
  expect(largestValue(consistencyCorrection(display, frames))).toBeLessThan(1e-5);
  // What is taken for the mean of light is that to second order.
  expect(largestValue(consistencyCorrection(light, frames))).toBeLessThan(0.03);
});

test('gives back three quarters of what frames lack in which nothing moves', () => {
  const photograph = tf.add<tf.Tensor4D>(tf.mul(frames[0]!, 0.6), 0.2);
  // A box mean leaves a slope as it is.
  const slope = tf.reshape(tf.linspace(-0.1, 0.1, size[1]), [1, 1, size[1], 1]);
  const lacking = tf.tile<tf.Tensor4D>(slope as tf.Tensor4D, [1, size[0], 1, 3]);
  const correction = consistencyCorrection(
    photograph,
    frames.map(() => tf.sub<tf.Tensor4D>(photograph, lacking)),
  );
  expect(largestDifference(inside(correction), tf.mul(inside(lacking), 0.75))).toBeLessThan(1e-5);
});

test('gives back a hundredth of noise as fine as a pixel', () => {
  const checks = tf.tensor4d(
    Array.from({ length: size[0] * size[1] * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      return (pixel + Math.floor(pixel / size[1])) % 2 === 0 ? 0.1 : -0.1;
    }),
    [1, ...size, 3],
  );
  const flat = tf.fill([1, ...size, 3], 0.5) as tf.Tensor4D;
  const correction = consistencyCorrection(
    tf.add(flat, checks),
    frames.map(() => flat),
  );
  expect(largestValue(inside(correction))).toBeCloseTo((0.75 * 0.1) / 81, 5);
});

test('looks at each photograph of a batch by itself', () => {
  const display = meanOf(frames);
  const light = meanOf(frames, 2.2);
  const both = consistencyCorrection(
    tf.concat([display, light], 0),
    frames.map((frame) => tf.concat([frame, frame], 0)),
  );
  for (const [index, alone] of [display, light].entries()) {
    const ofBatch = tf.slice(both, [index, 0, 0, 0], [1, -1, -1, -1]);
    expect(largestDifference(ofBatch, consistencyCorrection(alone, frames))).toBeLessThan(1e-6);
  }
});
