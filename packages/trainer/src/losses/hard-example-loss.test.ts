import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { gradientError } from './finite-differences.test-tool.js';
import { hardExampleLoss, randomPixels } from './hard-example-loss.js';

/** Errors 1 to 8 at eight pixels, in one channel of three. */
const errors = [3, 1, 8, 5, 2, 7, 4, 6];
const restored = tf.tensor4d(
  errors.flatMap((error) => [error, 0, 0]),
  [1, 2, 4, 3],
);
const gt = tf.zeros<tf.Rank.R4>([1, 2, 4, 3]);
const options = { norm: 'l1', hardShare: 0.5, hardWeight: 2 } as const;
const value = (x: tf.Tensor) => x.dataSync()[0]!;

describe('hardExampleLoss', () => {
  test('counts the pixels above the ranked error once more, over all elements', () => {
    const { total, l1, hard, threshold, hardMask } = hardExampleLoss([restored], [gt], undefined, options);
    // Element number 4 of 8, 7, 6, 5, 4 ... is 4; above it lie 8, 7, 6 and 5.
    expect(value(threshold)).toBe(4);
    expect([...hardMask.dataSync()]).toEqual([0, 0, 1, 1, 0, 1, 0, 1]);
    expect(value(l1)).toBeCloseTo(36 / 24, 6);
    expect(value(hard)).toBeCloseTo(26 / 24, 6);
    expect(value(total)).toBeCloseTo(36 / 24 + (2 * 26) / 24, 6);
  });

  test('adds the random pixels, ranks each sample by itself, and over several images by their sum', () => {
    const randomMask = tf.tensor4d([0, 1, 1, 0, 0, 0, 0, 0], [1, 2, 4, 1]);
    expect(value(hardExampleLoss([restored], [gt], randomMask, options).hard)).toBeCloseTo(27 / 24, 6);
    const batch = hardExampleLoss(
      [tf.concat([restored, tf.mul(restored, 10)], 0)],
      [tf.zeros([2, 2, 4, 3])],
      undefined,
      options,
    );
    expect([...batch.threshold.dataSync()]).toEqual([4, 40]);
    expect(value(hardExampleLoss([restored, restored], [gt, gt], undefined, options).threshold)).toBe(8);
  });

  test('gives every sample an equal say by the logarithm of its error', () => {
    const two = [tf.concat([restored, tf.mul(restored, 10)], 0) as tf.Tensor4D];
    const error = 36 / 24 + (2 * 26) / 24;
    const { total } = hardExampleLoss(two, [tf.zeros([2, 2, 4, 3])], undefined, {
      ...options,
      norm: 'log-l1',
    });
    expect(value(total)).toBeCloseTo((Math.log(error + 0.001) + Math.log(10 * error + 0.001)) / 2, 5);
  });

  test('is PSNR but for its unit by the logarithm of the squared error, hard pixels counted once more', () => {
    // The squares of 1 to 8 sum up to 204, those of 5 to 8 to 174.
    const { total } = hardExampleLoss([restored], [gt], undefined, { ...options, norm: 'log-l2' });
    expect(value(total)).toBeCloseTo(Math.log((204 + 2 * 174) / 24 + 0.005 ** 2), 5);
    const [off, further] = [0.1, 0.01].map((error) =>
      value(
        hardExampleLoss([tf.fill([1, 2, 4, 3], error)], [gt], undefined, {
          norm: 'log-l2',
          hardShare: 0.5,
          hardWeight: 0,
        }).total,
      ),
    );
    // 20 dB apart, less what is not seen.
    expect((off! - further!) * (10 / Math.LN10)).toBeCloseTo(
      20 - 10 * Math.log10(1.25) + 10 * Math.log10(1.0025),
      3,
    );
  });

  test.each(['l1', 'log-l1', 'log-l2'] as const)(
    '%s has the gradient that finite differences find, the choice of pixels held',
    (norm) => {
      const loss = (x: tf.Tensor) =>
        hardExampleLoss([x as tf.Tensor4D], [gt], undefined, { ...options, norm }).total;
      expect(
        gradientError(
          loss,
          [1, 2, 4, 3],
          Float32Array.from(restored.dataSync(), (error, index) => error + 0.1 * (index % 3)),
          0.01,
        ),
      ).toBeLessThan(1e-3);
    },
  );
});

describe('randomPixels', () => {
  test('sets a tenth of the pixels in each sample, the same for the same sample', () => {
    const masks = randomPixels(3, 16, 7, 5);
    for (let sample = 0; sample < 3; sample++) {
      expect(masks.subarray(sample * 256, (sample + 1) * 256).reduce((sum, pixel) => sum + pixel, 0)).toBe(
        25,
      );
    }
    expect(randomPixels(1, 16, 7, 6)).toEqual(masks.slice(256, 512));
    expect(masks.slice(0, 256)).not.toEqual(masks.slice(256, 512));
  });
});
