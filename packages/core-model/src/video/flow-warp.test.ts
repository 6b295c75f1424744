import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { largestDifference } from '../tensors.test-tool.js';
import { warpVisible } from './flow-warp.js';
import { golden, hasGolden } from './golden-tensors.test-tool.js';

describe('warpVisible', () => {
  test('moves an image by whole pixels and blanks what came from outside', () => {
    const image = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
    const { warped, mask } = warpVisible(
      image,
      tf.tile(tf.tensor4d([1, 0], [1, 1, 1, 2]), [1, 2, 3, 1]),
      'border',
    );
    expect([...warped.dataSync()]).toEqual([2, 3, 0, 5, 6, 0]);
    expect([...mask.dataSync()]).toEqual([1, 1, 0, 1, 1, 0]);
  });

  test('tolerates a thousandth of a pixel beyond the edge, and no more', () => {
    const image = tf.ones<tf.Rank.R4>([1, 1, 3, 1]);
    const maskAt = (dx: number) =>
      warpVisible(
        image,
        tf.tile(tf.tensor4d([dx, 0], [1, 1, 1, 2]), [1, 1, 3, 1]),
        'border',
      ).mask.dataSync()[2];
    expect([maskAt(0.0005), maskAt(0.002)]).toEqual([1, 0]);
  });

  test('lets the gradient through where the image is seen, and none through the mask', () => {
    const image = tf.tensor4d([0, 1, 4], [1, 1, 3, 1]);
    const gradient = tf.grad(
      (flow: tf.Tensor) => tf.sum(warpVisible(image, flow as tf.Tensor4D, 'border').warped) as tf.Scalar,
    )(tf.tensor4d([0.5, 0, 0.5, 0, 0.5, 0], [1, 1, 3, 2]));
    // Slopes of the image to the right of the first and second pixel; the third looks outside.
    expect([...gradient.dataSync()].filter((_, index) => index % 2 === 0)).toEqual([1, 3, 0]);
  });

  (hasGolden ? test : test.skip).each([
    ['1', '0'],
    ['2', '1'],
    ['3', '4'],
  ])('equals the recorded warp of frame %s to %s', (reference, neighbour) => {
    const name = `s1.${reference}to${neighbour}`;
    const { warped, mask } = warpVisible(
      golden('frames', Number(neighbour)),
      golden(`${name}.flow`),
      'border',
    );
    expect(largestDifference(warped, golden(`${name}.warped`))).toBeLessThan(2e-4);
    expect(largestDifference(mask, golden(`${name}.mask`))).toBe(0);
  });
});
