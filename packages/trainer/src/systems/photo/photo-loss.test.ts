import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { concat, fill, neg, tensor1d } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { GroundTruth } from '../samples/sample-batch.js';
import { photoLoss } from './photo-loss.js';
import type { PhotoLossConfig } from './photo-loss.js';

const config: PhotoLossConfig = { epsilon: 1e-4, frameWeights: [1, 2, 1], motion: 0 };
const times = [-1, 0, 1];

/** Two samples, each of one value. */
const batch = (size: number, channels: number, first: number, second: number): Tensor4D =>
  concat([fill([1, size, size, channels], first), fill([1, size, size, channels], second)], 0) as Tensor4D;
const images = (first: number[], second: number[]) =>
  first.map((value, frame) => batch(8, 3, value, second[frame]!));
const motions = (first: number[], second: number[]) =>
  first.map((value, frame) => batch(2, 2, value, second[frame]!));

const numbersOf = (terms: ReturnType<typeof photoLoss>) =>
  Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, value.dataSync()[0]!]));

describe('photoLoss', () => {
  const gt: GroundTruth = {
    frames: images([0.1, 0.5, 0.8], [0.1, 0.5, 0.8]),
    motion: { pixels: batch(8, 2, 3, -3), known: tensor1d([1, 1]) },
  };
  // Sample 0 came out in order, sample 1 in reverse; both move as their frames do.
  const restored = {
    frames: images([0.1, 0.5, 0.7], [0.7, 0.4, 0.1]),
    motionsPixels: motions([-3, 0, 3], [3, 0, -3]),
  };

  test('is the weighted mean over the frames of the logarithm of the mean squared error, in the better order', () => {
    const [exact, tenth] = [Math.log(1e-4), Math.log(0.01 + 1e-4)];
    expect(numbersOf(photoLoss(restored, times, gt, 'better', config))).toEqual({
      total: expect.closeTo((3 * exact + tenth + (exact + 3 * tenth)) / 4 / 2, 4),
      photometric: expect.any(Number),
    });
  });

  test('adds the error of the trajectory, which is reversed with the frames', () => {
    const terms = numbersOf(photoLoss(restored, times, gt, 'better', { ...config, motion: 0.5 }));
    // Sample 0 moves as the truth does; sample 1, against its reversed frames, the wrong way: by twice its
    // length at both ends.
    const length = Math.hypot(3, 3);
    const wrong = (2 * Math.hypot(2 * length, 0.1) + 0.1) / 3;
    expect(terms['motion']).toBeCloseTo((0.1 + wrong) / 2 / ((2 * length) / 3 + 1), 4);
    expect(terms['total']).toBeCloseTo(terms['photometric']! + 0.5 * terms['motion']!, 5);
  });

  test('leaves out the trajectory of samples whose motion is not known', () => {
    const known = { ...gt, motion: { ...gt.motion!, known: tensor1d([0, 0]) } };
    expect(numbersOf(photoLoss(restored, times, known, 'better', { ...config, motion: 0.5 }))['motion']).toBe(
      0,
    );
  });

  test('in the canonical order compares with the frames as the scene moves to the right', () => {
    const right = numbersOf(photoLoss(restored, times, gt, 'canonical', config))['total']!;
    const left = numbersOf(
      photoLoss(
        restored,
        times,
        { ...gt, motion: { ...gt.motion!, pixels: neg(gt.motion!.pixels) } },
        'canonical',
        config,
      ),
    )['total']!;
    expect(right).toBeCloseTo(numbersOf(photoLoss(restored, times, gt, 'better', config))['total']!, 5);
    expect(left).toBeGreaterThan(right + 1);
  });

  test('refuses a batch without the motion that it needs', () => {
    expect(() =>
      photoLoss(restored, times, { frames: gt.frames }, 'better', { ...config, motion: 1 }),
    ).toThrow('Expected the motion of the samples');
  });
});
