import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { fill, reshape, tensor4d } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { gradientError } from './finite-differences.test-tool.js';
import { photometricLoss } from './photometric-loss.js';
import type { PhotometricNorm } from './image-distance.js';

/** An image of two samples, each of one value. */
const flat = (size: number, first: number, second: number): Tensor4D =>
  tensor4d(
    Float32Array.from({ length: 2 * size * size * 3 }, (_, index) =>
      index < size * size * 3 ? first : second,
    ),
    [2, size, size, 3],
  );

describe('photometricLoss', () => {
  // Errors by hand: frame 0 is off by 0.1 (fine) and 0.2 (coarse) in sample 0, frame 1 by 0.4 and 0 in sample
  // 1; frame 2 is exact.
  const frames = [
    [flat(4, 0.6, 0.5), flat(2, 0.7, 0.5)],
    [flat(4, 0.5, 0.9), flat(2, 0.5, 0.5)],
    [flat(4, 0.5, 0.5), flat(2, 0.5, 0.5)],
  ];
  const gt = frames.map(() => [flat(4, 0.5, 0.5), flat(2, 0.5, 0.5)]);

  test('l1 is the weighted sum over levels of the weighted mean over frames, per sample', () => {
    const loss = photometricLoss(frames, gt, {
      norm: 'l1',
      levelWeights: [1, 0.5],
      frameWeights: [1, 2, 1],
    }).dataSync();
    expect(loss[0]).toBeCloseTo((1 * (0.1 + 0.5 * 0.2)) / 4, 6);
    expect(loss[1]).toBeCloseTo((2 * 0.4) / 4, 6);
  });

  test("log-l1 is the mean over frames of the logarithm of each frame's own mean error", () => {
    const loss = photometricLoss(frames, gt, {
      norm: 'log-l1',
      levelWeights: [1],
      frameWeights: [1, 1, 1],
    }).dataSync();
    expect(loss[0]).toBeCloseTo((Math.log(0.101) + 2 * Math.log(0.001)) / 3, 4);
    expect(loss[1]).toBeCloseTo((Math.log(0.401) + 2 * Math.log(0.001)) / 3, 4);
  });

  test('log-l2 is PSNR but for its unit, and bounded', () => {
    const [off, exact] = photometricLoss([[flat(4, 0.9, 0.5)]], [[flat(4, 0.5, 0.5)]], {
      norm: 'log-l2',
      levelWeights: [1],
      frameWeights: [1],
    }).dataSync();
    expect((-10 / Math.LN10) * off!).toBeCloseTo(20 * Math.log10(1 / 0.4), 2);
    expect((-10 / Math.LN10) * exact!).toBeCloseTo(46.02, 2);
    const [, at40dB] = photometricLoss([[flat(4, 0.9, 0.5)]], [[flat(4, 0.5, 0.5)]], {
      norm: 'log-l2',
      levelWeights: [1],
      frameWeights: [1],
      epsilon: 1e-4,
    }).dataSync();
    expect((-10 / Math.LN10) * at40dB!).toBeCloseTo(40, 2);
  });

  test('charbonnier is smooth at 0 and near |e| away from it', () => {
    const loss = photometricLoss(frames, gt, {
      norm: 'charbonnier',
      levelWeights: [0, 1],
      frameWeights: [1, 0, 1],
    }).dataSync();
    expect(loss[0]).toBeCloseTo((Math.hypot(0.2, 0.001) + 0.001) / 2, 6);
    expect(loss[1]).toBeCloseTo(0.001, 6);
  });

  test.each<PhotometricNorm>(['l1', 'charbonnier', 'log-l1', 'log-l2'])(
    '%s has the gradient that finite differences find',
    (norm) => {
      // No error is near 0, where |e| has a kink.
      const values = Float32Array.from(
        { length: 2 * 2 * 2 * 3 },
        (_, index) => 0.5 + (index % 2 ? 0.2 : -0.3) + 0.004 * index,
      );
      const target = fill([2, 2, 2, 3], 0.5) as Tensor4D;
      const loss = (x: Tensor4D) =>
        photometricLoss([[x]], [[target]], { norm, levelWeights: [0.7], frameWeights: [2] });
      expect(gradientError((x) => loss(reshape(x, [2, 2, 2, 3])), [24], values, 2e-3)).toBeLessThan(2e-3);
    },
  );

  test('refuses what cannot be compared, with the numbers', () => {
    expect(() =>
      photometricLoss(frames, gt.slice(1), { norm: 'l1', levelWeights: [1], frameWeights: [1, 1, 1] }),
    ).toThrow('received 3, 2 and 3');
    expect(() =>
      photometricLoss(frames, gt, { norm: 'l1', levelWeights: [1, 1, 1], frameWeights: [1, 1, 1] }),
    ).toThrow('at most 2 level weights but received 3');
    expect(() =>
      photometricLoss(frames, gt, { norm: 'l1', levelWeights: [0], frameWeights: [1, 1, 1] }),
    ).toThrow('not 0');
  });
});
