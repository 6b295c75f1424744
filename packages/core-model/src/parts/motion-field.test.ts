import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { affineDisplacement, resizeFlow, visibility, warp, warpVisible } from './motion-field.js';

describe('affineDisplacement', () => {
  test('turns about the image centre', () => {
    const angle = 0.1;
    const rotation = tf.tensor3d([
      [
        [Math.cos(angle) - 1, -Math.sin(angle), 0],
        [Math.sin(angle), Math.cos(angle) - 1, 0],
      ],
    ]);
    const displacement = affineDisplacement(rotation, [5, 7], 0).arraySync()[0]!;
    expect(displacement[2]![3]).toEqual([0, 0]);
    const [dx, dy] = displacement[4]![6] as [number, number];
    expect(Math.hypot(3 + dx, 2 + dy)).toBeCloseTo(Math.hypot(3, 2), 5);
    expect(Math.atan2(2 + dy, 3 + dx) - Math.atan2(2, 3)).toBeCloseTo(angle, 5);
  });

  test('means the same motion at every level', () => {
    const affine = tf.tensor3d([
      [
        [0.1, -0.2, 4],
        [0.05, 0.3, -8],
      ],
    ]);
    const fine = affineDisplacement(affine, [8, 8], 0).arraySync()[0]!;
    const coarse = affineDisplacement(affine, [4, 4], 1).arraySync()[0]!;
    // A coarse pixel lies amid 2x2 fine ones, and is twice as large.
    for (const axis of [0, 1]) {
      const mean =
        (fine[2]![4]![axis]! + fine[2]![5]![axis]! + fine[3]![4]![axis]! + fine[3]![5]![axis]!) / 4;
      expect(coarse[1]![2]![axis]).toBeCloseTo(mean / 2, 5);
    }
  });
});

describe('warp', () => {
  test('brings the pixel that the displacement points at, and repeats edges', () => {
    const row = tf.tensor4d([1, 2, 3, 4], [1, 1, 4, 1]);
    const right = tf.tensor4d([1, 0, 1, 0, 1, 0, 1, 0], [1, 1, 4, 2]);
    expect(Array.from(warp(row, right).dataSync())).toEqual([2, 3, 4, 4]);
  });
});

describe('warpVisible', () => {
  test('moves an image by whole pixels and blanks what came from outside', () => {
    const image = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
    const flow = tf.tile(tf.tensor4d([1, 0], [1, 1, 1, 2]), [1, 2, 3, 1]);
    const { warped, mask } = warpVisible(image, flow, 'border');
    expect([...warped.dataSync()]).toEqual([2, 3, 0, 5, 6, 0]);
    expect([...mask.dataSync()]).toEqual([1, 1, 0, 1, 1, 0]);
    expect([...visibility(flow).dataSync()]).toEqual([1, 1, 0, 1, 1, 0]);
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
});

test('resizes a flow together with its vectors', () => {
  const flow = tf.mul(tf.ones([1, 4, 8, 2]), tf.tensor1d([6, -2])) as tf.Tensor4D;
  expect([...resizeFlow(flow, [2, 4]).dataSync()]).toEqual(Array.from({ length: 8 }, () => [3, -1]).flat());
  expect([...resizeFlow(flow, [8, 16]).dataSync()]).toEqual(
    Array.from({ length: 128 }, () => [12, -4]).flat(),
  );
  expect(resizeFlow(flow, [4, 8])).toBe(flow);
});
