import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { affineDisplacement, warp } from './motion-field.js';

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
