import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from '@jest/globals';
import { initialWeights } from '../weights/initial-weights.js';
import { narrowed } from './narrow-network.test-tool.js';
import { blurToVideo } from './network.js';
import { averageAlong } from './reblur-refiner.js';

const SIZE = 16;
const config = narrowed('small', { reblurRefiner: { iterations: 2, times: 4, channels: [3] } });

/** Displacements of a scene that moves by `[dx, dy]` pixels per unit of time. */
const steadily = ([dx, dy]: [number, number], times: number[], batch = 1) =>
  tf.concat(times.map((time) => tf.tile(tf.tensor4d([dx * time, dy * time], [1, 1, 1, 2]), [batch, SIZE, SIZE, 1])), 0) as tf.Tensor4D;

const inTheMiddle = (batch: number, seed: number) => tf.pad(tf.randomUniform([batch, 6, 6, 3], -1, 1, 'float32', seed), [[0, 0], [5, 5], [5, 5], [0, 0]]) as tf.Tensor4D;

describe('blurring again', () => {
  it('draws a point out to the line it moved along', () => {
    const point = tf.scatterND(tf.tensor2d([[0, 8, 8, 0]], [1, 4], 'int32'), tf.tensor1d([1]), [1, SIZE, SIZE, 3]) as tf.Tensor4D;
    const line = averageAlong(point, steadily([2, 0], [-1, -0.5, 0.5, 1])).slice([0, 8, 0, 0], [1, 1, SIZE, 1]);
    expect([...line.dataSync()].map((value) => Number(value.toFixed(6)))).toEqual([0, 0, 0, 0, 0, 0, 0.2, 0.2, 0.2, 0.2, 0.2, 0, 0, 0, 0, 0]);
  });

  it('along the motion turned round is its transpose, for every image of a batch, so that it carries errors back', () => {
    const displacements = steadily([1.5, -0.7], [-1, -0.5, 0.5, 1], 2);
    const [image, error] = [inTheMiddle(2, 1), inTheMiddle(2, 2)];
    const inner = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b), [1, 2, 3]).dataSync();
    const [forward, backward] = [inner(averageAlong(image, displacements), error), inner(image, averageAlong(error, tf.neg(displacements)))];
    for (const sample of [0, 1]) expect(forward[sample]).toBeCloseTo(backward[sample]!, 5);
  });
});

describe('the refiner', () => {
  const blurred = tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
  const tensors = Object.fromEntries(Object.entries(initialWeights(config, 1)).map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]));
  const restless = Object.fromEntries(Object.entries(tensors).map(([name, weight], index) => [name, tf.add(weight, tf.randomNormal(weight.shape, 0, 0.05, 'float32', index + 1))]));

  it('starts by changing nothing', () => {
    const { 'reblur.image.kernel': kernel, 'reblur.image.bias': bias } = tensors;
    const [first, second] = [{ ...restless, 'reblur.image.kernel': kernel!, 'reblur.image.bias': bias! }, restless].map((weights) => blurToVideo(blurred, weights, config).frames[1]![0]!);
    const plain = blurToVideo(blurred, restless, { ...config, reblurRefiner: null }).frames[1]![0]!;
    expect(tf.max(tf.abs(tf.sub(first!, plain))).dataSync()[0]).toBe(0);
    expect(tf.max(tf.abs(tf.sub(second!, plain))).dataSync()[0]).toBeGreaterThan(1e-3);
  });

  it('needs a motion decoder and an even number of times', () => {
    expect(() => initialWeights({ ...config, motionDecoder: null }, 1)).toThrow("network.reblurRefiner");
    expect(() => initialWeights({ ...config, reblurRefiner: { iterations: 2, times: 5, channels: [3] } }, 1)).toThrow('times (even)');
  });
});
