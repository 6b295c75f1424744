import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import type { RestoredFrame } from '@unblur/core-model';
import { clipLoss } from './clip-loss.js';
import type { TrueWindow } from './clip-loss.js';

const epsilon = 1e-4;
const image = (level: number) => tf.fill([2, 8, 8, 3], level) as tf.Tensor4D;
const motion = (x: number, y: number) =>
  tf.tile(tf.tensor4d([x, y], [1, 1, 1, 2]), [2, 2, 2, 1]) as tf.Tensor4D;
const value = (scalar: tf.Scalar | undefined) => scalar!.dataSync()[0]!;

describe('clipLoss', () => {
  /** Each 0.1 too bright: log(0.01 + epsilon). */
  const restored = (motionsPixels: tf.Tensor4D[], level = 0.6): RestoredFrame => ({
    image: image(level),
    motionsPixels,
  });
  const gt: TrueWindow = {
    frames: [0.5, 0.5, 0.5].map(image),
    motionsPixels: [motion(8, 0), motion(4, 0), motion(0, 0), motion(-4, 0), motion(-8, 0)],
    motionKnown: tf.tensor1d([1, 0]),
  };

  test('is the logarithm of the error of the middle frame, by hand', () => {
    const found = [restored([])];
    const { total, photometric, ...others } = clipLoss([found], gt, { epsilon, motion: 0, firstPass: 0.5 });
    expect(value(photometric)).toBeCloseTo(Math.log(0.01 + epsilon), 4);
    expect(value(total)).toBe(value(photometric));
    expect(others).toEqual({});
  });

  test('knows the motion to be the opposite of the displacement, where it is known', () => {
    const right = [motion(-8, 0), motion(-4, 0), motion(4, 0), motion(8, 0)];
    const options = { epsilon, motion: 1, firstPass: 0.5 };
    const exact = clipLoss([[restored(right)]], gt, options);
    const opposite = clipLoss([[restored(right.toReversed())]], gt, options);
    // What rounds the distance off, over a mean length of 6 pixels and one more; half of the samples know.
    expect(value(exact.motion)).toBeCloseTo(0.1 / 7 / 2, 4);
    expect(value(opposite.motion)).toBeCloseTo(12 / 7 / 2, 2);
    expect(value(opposite.total)).toBeCloseTo(value(opposite.photometric) + value(opposite.motion), 5);
  });

  test('of two passes counts the first by its weight, and the motion to next neighbours', () => {
    const next = [motion(-4, 0), motion(4, 0)];
    const passes = [[restored(next), restored(next), restored(next)], [restored([], 0.5)]];
    const { photometric, motion: ofMotion } = clipLoss(passes, gt, { epsilon, motion: 1, firstPass: 0.25 });
    expect(value(photometric)).toBeCloseTo(0.25 * Math.log(0.01 + epsilon) + Math.log(epsilon), 4);
    expect(value(ofMotion)).toBeCloseTo(0.1 / 5 / 2, 4);
  });
});
