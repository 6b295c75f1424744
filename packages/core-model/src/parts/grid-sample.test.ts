import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { composeGridSample, gridSample } from './grid-sample.js';
import type { SamplePadding } from './sample-padding.js';

const paddings: SamplePadding[] = ['border', 'zeros'];

const image = () => tf.randomNormal([2, 4, 5, 3], 0, 1, 'float32', 1) as tf.Tensor4D;

/** Places inside and outside of a 5x4 image, none near a pixel centre, where bilinear sampling has kinks. */
const places = () =>
  tf.tensor4d(
    Array.from({ length: 2 * 3 * 2 * 2 }, (_, index) => (((index * 7) % 13) - 3) / 2 + 0.23),
    [2, 3, 2, 2],
  );

describe('gridSample', () => {
  test.each(paddings)('gives the image back at its own pixel centres (%s)', (padding) => {
    const source = image();
    const centres = tf.tensor4d(
      Array.from({ length: 2 * 4 * 5 }, (_, index) => [index % 5, Math.floor(index / 5) % 4]).flat(),
      [2, 4, 5, 2],
    );
    expect(Array.from(gridSample(source, centres, padding).dataSync())).toEqual(
      Array.from(source.dataSync()),
    );
  });

  test('weights the four neighbours of a place by its distance to them', () => {
    const source = tf.tensor4d([0, 1, 10, 100], [1, 2, 2, 1]);
    const value = gridSample(source, tf.tensor4d([0.25, 0.5], [1, 1, 1, 2])).dataSync()[0]!;
    expect(value).toBeCloseTo(0.5 * (0.75 * 0 + 0.25 * 1) + 0.5 * (0.75 * 10 + 0.25 * 100), 5);
  });

  test('repeats the edge outside with border, and fades to zero within a pixel with zeros', () => {
    const source = tf.tensor4d([3, 5], [1, 1, 2, 1]);
    const outside = tf.tensor4d([-0.5, 0, 7, 0, 0, -2], [1, 1, 3, 2]);
    expect(Array.from(gridSample(source, outside, 'border').dataSync())).toEqual([3, 5, 3]);
    expect(Array.from(gridSample(source, outside, 'zeros').dataSync())).toEqual([1.5, 0, 0]);
  });

  test.each(paddings)('equals the composition of core ops, values and gradients (%s)', (padding) => {
    const target = tf.randomNormal([2, 3, 2, 3], 0, 1, 'float32', 2);
    const loss = (sample: typeof composeGridSample) => (x: tf.Tensor, c: tf.Tensor) =>
      tf.sum(tf.mul(sample(x as tf.Tensor4D, c as tf.Tensor4D, padding), target)) as tf.Scalar;
    const [kernel, composed] = [gridSample, composeGridSample].map((sample) =>
      tf.valueAndGrads(loss(sample))([image(), places()]),
    );
    expect(kernel!.value.dataSync()[0]).toBeCloseTo(composed!.value.dataSync()[0]!, 4);
    kernel!.grads.forEach((gradient, index) =>
      expect(largestDifference(gradient, composed!.grads[index]!)).toBeLessThan(1e-5),
    );
  });

  test.each(paddings)('has the gradients that finite differences give (%s)', (padding) => {
    const target = tf.randomNormal([2, 3, 2, 3], 0, 1, 'float32', 2);
    const loss = (x: tf.Tensor, c: tf.Tensor) =>
      tf.sum(tf.mul(gridSample(x as tf.Tensor4D, c as tf.Tensor4D, padding), target)) as tf.Scalar;
    const inputs = [image(), places()];
    const { grads } = tf.valueAndGrads(loss)(inputs);
    inputs.forEach((input, which) => {
      const gradient = grads[which]!.dataSync();
      for (let index = 0; index < input.size; index += 3) {
        const shifted = (step: number) => {
          const values = Float32Array.from(input.dataSync());
          values[index]! += step;
          const moved = inputs.map((other, position) =>
            position === which ? tf.tensor(values, input.shape) : other,
          );
          return loss(moved[0]!, moved[1]!).dataSync()[0]!;
        };
        expect((shifted(0.01) - shifted(-0.01)) / 0.02).toBeCloseTo(gradient[index]!, 2);
      }
    });
  });

  test('says which shapes it wants and which came', () => {
    expect(() => gridSample(image(), tf.zeros([1, 3, 2, 2]))).toThrow(
      'Expected an image [B, H, W, C] and coordinates [B, h, w, 2] for gridSample but received [2,4,5,3] and [1,3,2,2].',
    );
  });
});

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}
