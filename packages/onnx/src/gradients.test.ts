import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { makeTensor, relativeError, runTraced } from './test-tensors.test-tool.js';
import type { TestTensor } from './test-tensors.test-tool.js';

const f = (...shape: number[]): TestTensor => ({ shape });
const positive = (...shape: number[]): TestTensor => ({ shape, range: [0.2, 2] });
const image = f(2, 4, 6, 3);
/** The cpu backend exchanges height and width in the gradient of resizing. */
const square = f(2, 5, 5, 3);

/** A function of the listed inputs; its gradient for all of them is compared. */
const functions: { name: string; inputs: TestTensor[]; fn: (...inputs: tf.Tensor4D[]) => tf.Tensor }[] = [
  { name: 'convolution', inputs: [image, f(3, 3, 3, 4)], fn: (x, filter) => tf.conv2d(x, filter, 1, 'same') },
  {
    name: 'convolution without padding',
    inputs: [image, f(3, 3, 3, 4)],
    fn: (x, filter) => tf.conv2d(x, filter, 1, 'valid'),
  },
  {
    name: 'strided convolution',
    inputs: [image, f(3, 3, 3, 4)],
    fn: (x, filter) => tf.conv2d(x, filter, 2, 'same'),
  },
  {
    name: 'convolution by 1x1',
    inputs: [image, f(1, 1, 3, 4)],
    fn: (x, filter) => tf.conv2d(x, filter, 1, 'same'),
  },
  {
    name: 'transposed convolution',
    inputs: [image, f(4, 4, 2, 3)],
    fn: (x, filter) => tf.conv2dTranspose(x, filter, [2, 8, 12, 2], 2, 'same'),
  },
  { name: 'bias and leaky ReLU', inputs: [image, f(3)], fn: (x, bias) => tf.leakyRelu(tf.add(x, bias), 0.1) },
  {
    name: 'leaky ReLU after a convolution',
    inputs: [image, f(3, 3, 3, 4)],
    fn: (x, filter) => tf.leakyRelu(tf.conv2d(x, filter, 1, 'same'), 0.1),
  },
  { name: 'concatenation', inputs: [image, f(2, 4, 6, 2)], fn: (a, b) => tf.square(tf.concat([a, b], 3)) },
  { name: 'stacking', inputs: [f(2, 3), f(2, 3)], fn: (a, b) => tf.square(tf.stack([a, b], 1)) },
  { name: 'absolute value', inputs: [image], fn: (x) => tf.abs(x) },
  { name: 'ReLU', inputs: [image], fn: (x) => tf.relu(x) },
  { name: 'ELU', inputs: [image], fn: (x) => tf.elu(x) },
  { name: 'PReLU', inputs: [image, f(3)], fn: (x, alpha) => tf.prelu(x, alpha) },
  { name: 'softplus', inputs: [image], fn: (x) => tf.softplus(x) },
  { name: 'bilinear resizing', inputs: [square], fn: (x) => tf.square(tf.image.resizeBilinear(x, [8, 9])) },
  {
    name: 'bilinear resizing with aligned corners',
    inputs: [square],
    fn: (x) => tf.square(tf.image.resizeBilinear(x, [7, 3], true)),
  },
  { name: 'average pooling', inputs: [image], fn: (x) => tf.square(tf.avgPool(x, 2, 2, 'valid')) },
  { name: 'maximum pooling', inputs: [image], fn: (x) => tf.square(tf.maxPool(x, 2, 2, 'valid')) },
  {
    name: 'matrix product',
    inputs: [f(3, 4), f(4, 5)],
    fn: (a, b) => tf.square(tf.matMul(a as unknown as tf.Tensor2D, b as unknown as tf.Tensor2D)),
  },
  {
    name: 'transposed matrix product',
    inputs: [f(4, 3), f(5, 4)],
    fn: (a, b) => tf.square(tf.matMul(a as unknown as tf.Tensor2D, b as unknown as tf.Tensor2D, true, true)),
  },
  { name: 'mean over pixels', inputs: [image], fn: (x) => tf.square(tf.mean(x, [1, 2])) },
  { name: 'sum over channels', inputs: [image], fn: (x) => tf.square(tf.sum(x, 3)) },
  { name: 'maximum over channels', inputs: [image], fn: (x) => tf.square(tf.max(x, 3)) },
  { name: 'smaller of two', inputs: [image, image], fn: (a, b) => tf.minimum(tf.square(a), tf.square(b)) },
  { name: 'larger of two', inputs: [image, image], fn: (a, b) => tf.maximum(tf.square(a), tf.square(b)) },
  {
    name: 'choice by a condition',
    inputs: [image, image],
    fn: (a, b) => tf.where(tf.greater(tf.linspace(-1, 1, 3), 0), tf.square(a), b),
  },
  { name: 'slice', inputs: [image], fn: (x) => tf.square(tf.slice(x, [0, 1, 2, 0], [2, 2, 3, 2])) },
  {
    name: 'strided slice',
    inputs: [f(5, 6)],
    fn: (x) => tf.square(tf.slice(tf.reverse(x, 0), [1, 0], [3, 6])),
  },
  {
    name: 'split',
    inputs: [image],
    fn: (x) => tf.mul(...(tf.split(tf.square(x), 2, 1) as [tf.Tensor, tf.Tensor])),
  },
  {
    name: 'unstack',
    inputs: [image],
    fn: (x) => tf.mul(...(tf.unstack(tf.square(x), 0) as [tf.Tensor, tf.Tensor])),
  },
  {
    name: 'constant padding',
    inputs: [image],
    fn: (x) =>
      tf.square(
        tf.pad(x, [
          [0, 0],
          [1, 2],
          [0, 1],
          [0, 0],
        ]),
      ),
  },
  { name: 'tiling', inputs: [image], fn: (x) => tf.square(tf.tile(x, [1, 2, 1, 2])) },
  {
    name: 'reshape and transposition',
    inputs: [f(2, 4, 6, 12)],
    fn: (x) =>
      tf.square(
        tf.reshape(tf.transpose(tf.reshape(x, [2, 4, 6, 2, 2, 3]), [0, 1, 3, 2, 4, 5]), [2, 8, 12, 3]),
      ),
  },
  {
    name: 'products and quotients',
    inputs: [image, positive(2, 4, 6, 3)],
    fn: (a, b) => tf.div(tf.mul(a, b), tf.add(b, 1)),
  },
  {
    name: 'products with one number per channel',
    inputs: [image, f(3)],
    fn: (a, b) => tf.mul(a, tf.square(b)),
  },
  {
    name: 'products with one number per image',
    inputs: [image, f(2, 1, 1, 1)],
    fn: (a, b) => tf.mul(tf.square(a), b),
  },
  { name: 'squared difference', inputs: [image, image], fn: (a, b) => tf.squaredDifference(a, b) },
  { name: 'clipping', inputs: [image], fn: (x) => tf.square(tf.clipByValue(x, -0.5, 0.4)) },
  { name: 'powers', inputs: [positive(2, 4, 6, 3), positive(2, 4, 6, 3)], fn: (a, b) => tf.pow(a, b) },
  { name: 'roots', inputs: [positive(2, 4, 6, 3)], fn: (x) => tf.add(tf.sqrt(x), tf.rsqrt(x)) },
  {
    name: 'exponential and logarithm',
    inputs: [positive(2, 4, 6, 3)],
    fn: (x) => tf.log(tf.add(tf.exp(x), tf.log1p(x))),
  },
  { name: 'hyperbolic tangent and sigmoid', inputs: [image], fn: (x) => tf.mul(tf.tanh(x), tf.sigmoid(x)) },
  { name: 'sine and cosine', inputs: [image], fn: (x) => tf.mul(tf.sin(x), tf.cos(x)) },
  { name: 'softmax', inputs: [f(3, 5)], fn: (x) => tf.square(tf.softmax(x)) },
  { name: 'gather', inputs: [f(5, 3)], fn: (x) => tf.square(tf.gather(x, tf.tensor1d([4, 0, 4], 'int32'))) },
  {
    name: 'gather along another axis',
    inputs: [f(2, 5, 3)],
    fn: (x) => tf.square(tf.gather(x, tf.tensor1d([4, 0, 4], 'int32'), 1)),
  },
  { name: 'cumulative sum', inputs: [f(3, 4)], fn: (x) => tf.square(tf.cumsum(x, 1)) },
];

/** The sum of a function's results, each weighted by another number so that no two gradients are alike. */
function weightedSum(result: tf.Tensor): tf.Scalar {
  return tf.sum(tf.mul(result, tf.reshape(tf.linspace(0.5, 1.5, result.size), result.shape)));
}

describe('every gradient is that of the cpu backend', () => {
  test.each(functions)('$name', async ({ inputs: described, fn }) => {
    await tf.setBackend('cpu');
    const tensors = described.map((description, index) => makeTensor(description, index + 1));
    const gradientsOf = (values: tf.Tensor[]) =>
      tf.grads((...inputs: tf.Tensor[]) => weightedSum(fn(...(inputs as tf.Tensor4D[]))))(values);
    const expected = gradientsOf(tensors);
    const actual = await runTraced(
      (inputs) =>
        Object.fromEntries(
          gradientsOf(Object.values(inputs)).map((gradient, index) => [`gradient${index}`, gradient]),
        ),
      Object.fromEntries(tensors.map((tensor, index) => [`input${index}`, tensor])),
    );
    expected.forEach((gradient, index) => {
      expect(gradient.abs().max().dataSync()[0]).toBeGreaterThan(0);
      expect(relativeError(actual[`gradient${index}`]!, gradient.dataSync())).toBeLessThan(1e-5);
    });
  });
});

test('gradients for variables and of custom gradients are traced', async () => {
  await tf.setBackend('cpu');
  const doubled = tf.customGrad((x) => ({
    value: tf.square(x as tf.Tensor),
    gradFunc: (dy) => tf.mul(dy as tf.Tensor, 2),
  }));
  const gradients = ({ x, start }: Record<string, tf.Tensor>) => {
    const weight = tf.variable(start!, true, 'weight');
    const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(doubled(weight), x!)) as tf.Scalar);
    weight.dispose();
    return { value, gradient: grads['weight']! };
  };
  const inputs = { x: makeTensor(f(3), 1), start: makeTensor(f(3), 2) };
  const expected = gradients(inputs);
  const actual = await runTraced(gradients, inputs);
  expect(relativeError(actual['value']!, expected.value.dataSync())).toBeLessThan(1e-5);
  expect(relativeError(actual['gradient']!, expected.gradient.dataSync())).toBeLessThan(1e-5);
});
