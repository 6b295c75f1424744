import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { largestDifference } from '../tensors.test-tool.js';
import { costVolume, expectedDisplacement, normalizeChannels, surroundings } from './cost-volume.js';

/** The definition, one displacement after another. */
function costVolumeByDefinition(first: tf.Tensor4D, second: tf.Tensor4D, radius: number): tf.Tensor {
  const [, height, width] = first.shape;
  const padded = tf.pad(second, [
    [0, 0],
    [radius, radius],
    [radius, radius],
    [0, 0],
  ]);
  const channels: tf.Tensor[] = [];
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      channels.push(
        tf.mean(
          tf.mul(first, tf.slice(padded, [0, radius + dy, radius + dx, 0], [-1, height, width, -1])),
          3,
          true,
        ),
      );
    }
  }
  return tf.concat(channels, 3);
}

describe('costVolume', () => {
  test.each([
    ['one block of columns', [2, 3, 5, 4], 2],
    ['whole blocks', [1, 2, 32, 3], 4],
    ['blocks that the width does not fill', [2, 3, 37, 3], 3],
    ['an image smaller than the radius', [1, 1, 2, 5], 4],
  ])('is what its definition gives: %s', (_, shape, radius) => {
    const first = tf.randomUniform<tf.Rank.R4>(
      shape as [number, number, number, number],
      -1,
      1,
      'float32',
      1,
    );
    const second = tf.randomUniform<tf.Rank.R4>(
      shape as [number, number, number, number],
      -1,
      1,
      'float32',
      2,
    );
    expect(
      largestDifference(costVolume(first, second, radius), costVolumeByDefinition(first, second, radius)),
    ).toBeLessThan(1e-6);
  });

  test('has the gradients of its definition', () => {
    const first = tf.randomUniform<tf.Rank.R4>([1, 3, 20, 2], -1, 1, 'float32', 1);
    const second = tf.randomUniform<tf.Rank.R4>([1, 3, 20, 2], -1, 1, 'float32', 2);
    const weight = tf.randomUniform([1, 3, 20, 25], -1, 1, 'float32', 3);
    const gradients = (volume: typeof costVolumeByDefinition) =>
      tf.grads(
        (a: tf.Tensor, b: tf.Tensor) =>
          tf.sum(tf.mul(volume(a as tf.Tensor4D, b as tf.Tensor4D, 2), weight)) as tf.Scalar,
      )([first, second]);
    const expected = gradients(costVolumeByDefinition);
    gradients(costVolume).forEach((gradient, index) =>
      expect(largestDifference(gradient, expected[index]!)).toBeLessThan(1e-6),
    );
  });
});

describe('normalizeChannels', () => {
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
});

describe('surroundings', () => {
  const image = tf.randomUniform<tf.Rank.R4>([1, 12, 14, 1], 0, 1, 'float32', 4);
  const product = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.mean(tf.mul(a, b), 3) as tf.Tensor3D;

  test('correlate fully with themselves whatever the exposure, hardly with noise, and not at all with what is flat', () => {
    const found = surroundings(image, 9);
    expect(found.shape).toEqual([1, 12, 14, 81]);
    const darker = surroundings(tf.add(tf.mul(image, 0.5), 0.2), 9);
    expect(tf.min(product(found, darker)).dataSync()[0]).toBeGreaterThan(0.9);
    const noise = surroundings(tf.randomUniform<tf.Rank.R4>([1, 12, 14, 1], 0, 1, 'float32', 5), 9);
    expect(tf.mean(tf.abs(product(found, noise))).dataSync()[0]).toBeLessThan(0.25);
    expect(tf.max(tf.abs(surroundings(tf.onesLike(image), 9))).dataSync()[0]).toBeLessThan(1e-6);
  });

  test('move with the image, and take the pixel itself for what lies outside', () => {
    const side = 3;
    const shownFrom = (x: number) => surroundings(tf.slice(image, [0, 0, x, 0], [1, 12, 11, 1]), side);
    const inner = (x: tf.Tensor4D, left: number) => tf.slice(x, [0, 1, left, 0], [1, 10, 6, side ** 2]);
    expect(largestDifference(inner(shownFrom(0), 4), inner(shownFrom(3), 1))).toBeLessThan(1e-5);
    const corner = tf.slice(surroundings(image, side), [0, 0, 0, 0], [1, 1, 1, side ** 2]).dataSync();
    const itself = corner[4]!;
    for (const outside of [0, 1, 2, 3, 6]) expect(corner[outside]).toBeCloseTo(itself, 5);
    expect(corner[8]).not.toBeCloseTo(itself, 2);
  });
});

describe('expectedDisplacement', () => {
  const radius = 2;
  const inside = (x: tf.Tensor4D) => tf.slice(x, [0, radius, radius, 0], [1, 16, 16, -1]) as tf.Tensor4D;

  test.each([
    [0, 0],
    [2, -1],
    [-1, 2],
  ])('is where features of noise are found again: %d, %d', (dx, dy) => {
    const first = normalizeChannels(tf.randomNormal([1, 20, 20, 64], 0, 1, 'float32', 3) as tf.Tensor4D);
    // What the first shows at p, the second shows at p + (dx, dy).
    const second = tf.slice(
      tf.pad(first, [
        [0, 0],
        [radius + dy, radius - dy],
        [radius + dx, radius - dx],
        [0, 0],
      ]),
      [0, radius, radius, 0],
      [1, 20, 20, 64],
    ) as tf.Tensor4D;
    const { displacement, certainty } = expectedDisplacement(costVolume(first, second, radius), radius);
    const found = inside(displacement);
    const exact = tf.tile(tf.tensor4d([dx, dy], [1, 1, 1, 2]), [1, 16, 16, 1]);
    expect(tf.mean(tf.abs(tf.sub(found, exact))).dataSync()[0]).toBeLessThan(0.1);
    expect(tf.min(inside(certainty)).dataSync()[0]).toBeGreaterThan(0.5);
  });

  test('is none where every candidate fits alike', () => {
    const { displacement, certainty } = expectedDisplacement(tf.fill([1, 2, 3, 25], 0.7), radius);
    expect(displacement.shape).toEqual([1, 2, 3, 2]);
    expect(tf.max(tf.abs(displacement)).dataSync()[0]).toBeLessThan(1e-6);
    expect(tf.max(certainty).dataSync()[0]).toBeLessThan(0.2);
  });
});
