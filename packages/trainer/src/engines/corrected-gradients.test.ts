import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { withCorrectedGradients } from './corrected-gradients.js';

const imageShape = [2, 4, 5, 2] as [number, number, number, number];
const pattern = (shape: number[], seed: number) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, index) => Math.sin(seed + 1.7 * index)),
    shape,
  );

beforeAll(() => tf.setBackend('cpu'));

/**
 * The largest difference between the gradient of `sum(weights * f(x))`, f linear, and the values that f gives
 * unit vectors.
 */
function gradientError(f: (x: tf.Tensor) => tf.Tensor, shape: number[]): number {
  return tf.tidy(() => {
    const weights = pattern(f(tf.zeros(shape)).shape, 3);
    const weighted = (x: tf.Tensor) => tf.sum(tf.mul(f(x), weights)) as tf.Scalar;
    const gradient = withCorrectedGradients(() => tf.grad(weighted)(pattern(shape, 5))).dataSync();
    const unit = new Float32Array(gradient.length);
    return Math.max(
      ...gradient.map((value, index) => {
        unit.fill(0);
        unit[index] = 1;
        return Math.abs(value - weighted(tf.tensor(unit, shape)).dataSync()[0]!);
      }),
    );
  });
}

describe('corrected gradients', () => {
  test.each([
    ['half-pixel centres', false, true],
    ['corners', true, false],
    ['neither', false, false],
  ])(
    'of resizing, by %s, are those of the resizing, up and down, for every image of a batch',
    (_, alignCorners, halfPixelCenters) => {
      for (const size of [
        [7, 9],
        [3, 2],
      ] as [number, number][]) {
        expect(
          gradientError(
            (x) => tf.image.resizeBilinear(x as tf.Tensor4D, size, alignCorners, halfPixelCenters),
            imageShape,
          ),
        ).toBeLessThan(1e-5);
        expect(
          gradientError(
            (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, size, alignCorners, halfPixelCenters),
            imageShape,
          ),
        ).toBeLessThan(1e-5);
      }
    },
  );

  test.each([
    ['same', 2],
    ['same', [1, 3]],
    ['valid', 2],
  ] as ['same' | 'valid', number | [number, number]][])(
    "of a convolution padded '%s', dilated by %s, are those of the convolution",
    (padding, dilation) => {
      const image = [2, 7, 8, 2];
      const filter = [3, 2, 2, 3];
      const convolve = (x: tf.Tensor, w: tf.Tensor) =>
        tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, padding, 'NHWC', dilation);
      expect(gradientError((x) => convolve(x, pattern(filter, 1)), image)).toBeLessThan(1e-5);
      expect(gradientError((w) => convolve(pattern(image, 1), w), filter)).toBeLessThan(1e-4);
    },
  );

  test('leave those of TensorFlow.js as they were', () => {
    const before = tf.getGradient('ResizeBilinear');
    expect(() =>
      withCorrectedGradients(() => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(tf.getGradient('ResizeBilinear')).toBe(before);
  });
});
