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
    // Of two levels, the coarser one a mean of 2x2.
    motionsPixels:
      motionsPixels.length === 0
        ? []
        : [motionsPixels.map((motion) => tf.avgPool(motion, 2, 2, 'valid')), motionsPixels],
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

  test('takes the displacement of the scene for the motion, where it is known', () => {
    const options = { epsilon, motion: 1, firstPass: 0.5 };
    const neighbours = gt.motionsPixels.filter((_, frame) => frame !== 2);
    const exact = clipLoss([[restored(neighbours)]], gt, options);
    const opposite = clipLoss([[restored(neighbours.toReversed())]], gt, options);
    // What rounds the distance off, over a mean length of 6 pixels and one more; half of the samples know.
    expect(value(exact.motion)).toBeCloseTo(0.1 / 7 / 2, 4);
    expect(value(opposite.motion)).toBeCloseTo(12 / 7 / 2, 2);
    // Alike on the coarser level, since all moves alike.
    expect(value(opposite.coarseMotion)).toBeCloseTo(value(opposite.motion), 5);
    expect(value(opposite.total)).toBeCloseTo(value(opposite.photometric) + 2 * value(opposite.motion), 5);
  });

  test('rewards the motion by which a neighbour is moved onto the middle frame', () => {
    // The scene goes 4 pixels to the right from the middle frame to the last.
    const scene = (place: number) => Math.sin(place);
    const [middleFrame, lastFrame] = [scene, (place: number) => scene(place - 4)];
    const moved = (x: number) => (place: number) => lastFrame(place + x);
    const lossOf = (x: number) =>
      value(
        clipLoss(
          [[restored([motion(-x, 0), motion(x, 0)])]],
          {
            frames: [image(0.5)],
            motionsPixels: [motion(-4, 0), motion(0, 0), motion(4, 0)],
            motionKnown: tf.tensor1d([1, 1]),
          },
          { epsilon, motion: 1, firstPass: 0.5 },
        ).motion,
      );
    expect(moved(4)(7)).toBe(middleFrame(7));
    for (const x of [-4, 0, 3]) {
      expect(moved(x)(7)).not.toBeCloseTo(middleFrame(7), 1);
      expect(lossOf(x)).toBeGreaterThan(lossOf(4));
    }
  });

  test('of two passes counts the first by its weight, and the motion to next neighbours', () => {
    const next = [motion(4, 0), motion(-4, 0)];
    const passes = [[restored(next), restored(next), restored(next)], [restored([], 0.5)]];
    const { photometric, motion: ofMotion } = clipLoss(passes, gt, { epsilon, motion: 1, firstPass: 0.25 });
    expect(value(photometric)).toBeCloseTo(0.25 * Math.log(0.01 + epsilon) + Math.log(epsilon), 4);
    expect(value(ofMotion)).toBeCloseTo(0.1 / 5 / 2, 4);
  });
});
