import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { concat, fill, mul, neg, tensor1d, tensor3d, zeros } from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { BlurToVideoOutput } from '@unblur/core-model';
import { gradientError } from './finite-differences.test-tool.js';
import { totalLoss } from './total-loss.js';
import type { LossConfig } from './total-loss.js';

const config: LossConfig = {
  norm: 'l1',
  order: 'ground-truth',
  levelWeights: [1],
  frameWeights: 'equal',
  motion: 0,
  transformationConsistency: 0,
  symmetricPenalty: 0,
  symmetricPenaltyBound: null,
};

/** Two samples; each frame of one value per sample. */
const batch = (first: number[], second: number[]): Tensor4D[] =>
  first.map((value, frame) => concat([fill([1, 2, 2, 3], value), fill([1, 2, 2, 3], second[frame]!)], 0) as Tensor4D);

const outputOf = (frames: Tensor4D[], affines: Tensor3D[] = []): BlurToVideoOutput => ({
  frames: frames.map((frame) => [frame]),
  affines: [affines, [], affines],
  flowsPixels: [[], [], []],
  motionsPixels: [],
});

const numbersOf = (terms: ReturnType<typeof totalLoss>) => Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, value.dataSync()[0]!]));

describe('totalLoss', () => {
  const gt = batch([0.1, 0.5, 0.8], [0.1, 0.5, 0.8]);
  // Sample 0 came out in order, sample 1 in reverse.
  const output = outputOf(batch([0.1, 0.5, 0.7], [0.7, 0.5, 0.1]));

  test('in ground-truth order a reversed sequence counts as wrong', () => {
    expect(numbersOf(totalLoss(output, { frames: gt }, config))['total']).toBeCloseTo((0.1 / 3 + (0.6 + 0.7) / 3) / 2, 6);
  });

  test('the better order is taken sample by sample', () => {
    expect(numbersOf(totalLoss(output, { frames: gt }, { ...config, order: 'better' }))['total']).toBeCloseTo(0.1 / 3, 6);
  });

  test('the symmetric penalty follows the order that was taken', () => {
    const terms = numbersOf(totalLoss(output, { frames: gt }, { ...config, order: 'better', symmetricPenalty: 0.1 }));
    expect(terms['symmetricPenalty']).toBeCloseTo(-(0.7 + 0.6) / 2, 6);
    expect(terms['total']).toBeCloseTo(0.1 / 3 - 0.1 * 0.65, 6);
  });

  describe('with the true motion', () => {
    // Both samples move by (dx, dy) in half the exposure: sample 0 to the right, sample 1 to the left.
    const motionPixels = concat([fill([1, 2, 2, 2], 2), fill([1, 2, 2, 2], -2)], 0) as Tensor4D;
    const known = (...values: number[]) => ({ frames: gt, motionPixels, motionKnown: tensor1d(values) });
    const still = { ...output, motionsPixels: Array.from({ length: 3 }, () => zeros([2, 2, 2, 2]) as Tensor4D) };

    test('the canonical order is the one that moves to the right, whichever fits better', () => {
      // Sample 0 stays, in order: exact but for 0.1. Sample 1 is reversed: exact as well.
      expect(numbersOf(totalLoss(still, known(1, 1), { ...config, order: 'canonical' }))['total']).toBeCloseTo(0.1 / 3, 6);
      const towardsLeft = { ...known(1, 1), motionPixels: neg(motionPixels) };
      expect(numbersOf(totalLoss(still, towardsLeft, { ...config, order: 'canonical' }))['total']).toBeCloseTo((0.6 + 0.7) / 3, 6);
    });

    test('where the motion is up, down or not known, the canonical order is the better one', () => {
      const upwards = { ...known(1, 1), motionPixels: mul(motionPixels, tensor1d([0.1, 1])) as Tensor4D };
      expect(numbersOf(totalLoss(still, upwards, { ...config, order: 'canonical' }))['total']).toBeCloseTo(0.1 / 3, 6);
      const notKnown = { ...known(0, 0), motionPixels: neg(motionPixels) };
      expect(numbersOf(totalLoss(still, notKnown, { ...config, order: 'canonical' }))['total']).toBeCloseTo(0.1 / 3, 6);
    });

    test('the motion loss follows the order, and leaves out samples whose motion is not known', () => {
      // Nothing moves: the error is the motion's length, of 2 pixels, relative to 2 + 1.
      const terms = numbersOf(totalLoss(still, known(1, 0), { ...config, order: 'canonical', motion: 0.3 }));
      expect(terms['motion']).toBeCloseTo(2 / 3 / 2, 6);
      expect(terms['total']).toBeCloseTo(terms['photometric']! + 0.3 * terms['motion']!, 6);
      // Sample 1 of the network moves as its reversed ground truth does.
      const moving = [fill([2, 2, 2, 2], -2), zeros([2, 2, 2, 2]), fill([2, 2, 2, 2], 2)] as Tensor4D[];
      expect(numbersOf(totalLoss({ ...output, motionsPixels: moving }, known(1, 1), { ...config, order: 'better', motion: 0.3 }))['motion']).toBeCloseTo(0, 6);
    });

    test('a batch without the motion is refused', () => {
      expect(() => totalLoss(still, { frames: gt }, { ...config, motion: 1 })).toThrow('Expected the motion of the samples');
    });
  });

  test('is the weighted sum of its terms (Eq. 6)', () => {
    const affines = [zeros([2, 2, 3]) as Tensor3D, tensor3d([0, 0, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0], [2, 2, 3])];
    const terms = numbersOf(totalLoss(outputOf(output.frames.map(([frame]) => frame!), affines), { frames: gt }, { ...config, symmetricPenalty: 0.1, transformationConsistency: 0.2 }));
    expect(Object.keys(terms).sort()).toEqual(['photometric', 'symmetricPenalty', 'total', 'transformationConsistency']);
    expect(terms['transformationConsistency']).toBeCloseTo(0.5, 6);
    expect(terms['total']).toBeCloseTo(terms['photometric']! + 0.1 * terms['symmetricPenalty']! + 0.2 * 0.5, 6);
  });

  test('in the better order has the gradient that finite differences find', () => {
    const values = Float32Array.from({ length: 3 * 24 }, (_, index) => 0.3 + 0.3 * Math.sin(5 * index) + (index < 24 ? 0.1 : -0.2));
    const others = batch([0.95, 0.5, 0.02], [0.05, 0.5, 0.97]);
    const loss = (x: Tensor4D) => {
      const frames = [0, 1, 2].map((frame) => x.slice([2 * frame, 0, 0, 0], [2, 2, 2, 3]));
      return totalLoss(outputOf(frames), { frames: others }, { ...config, order: 'better', norm: 'log-l1', symmetricPenalty: 0.05 }).total;
    };
    expect(gradientError((x) => loss(x as Tensor4D), [6, 2, 2, 3], values, 5e-4)).toBeLessThan(5e-3);
  });
});
