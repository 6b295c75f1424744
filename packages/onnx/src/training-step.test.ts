import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { createSession } from './node.js';
import { trace } from './trace.js';

const weightShapes = {
  down0: [3, 3, 3, 8],
  down1: [3, 3, 8, 16],
  up: [4, 4, 8, 16],
  out: [3, 3, 16, 3],
  bias: [8],
};

/**
 * A small U-Net: convolution, strided convolution, transposed convolution, concatenation, mean absolute loss.
 */
function loss(image: tf.Tensor4D, gt: tf.Tensor4D, weights: Record<string, tf.Tensor>): tf.Scalar {
  const [batch, height, width] = image.shape;
  const fine = tf.leakyRelu(
    tf.add(tf.conv2d(image, weights['down0'] as tf.Tensor4D, 1, 'same'), weights['bias']!),
    0.1,
  ) as tf.Tensor4D;
  const coarse = tf.leakyRelu(tf.conv2d(fine, weights['down1'] as tf.Tensor4D, 2, 'same'), 0.1);
  const upscaled = tf.conv2dTranspose(
    coarse,
    weights['up'] as tf.Tensor4D,
    [batch, height, width, 8],
    2,
    'same',
  );
  const restored = tf.conv2d(tf.concat([fine, upscaled], 3), weights['out'] as tf.Tensor4D, 1, 'same');
  return tf.mean(tf.abs(tf.sub(restored, gt)));
}

function lossAndGradients({ image, gt, ...weights }: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const names = Object.keys(weights);
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
    loss(
      image as tf.Tensor4D,
      gt as tf.Tensor4D,
      Object.fromEntries(names.map((name, index) => [name, tensors[index]!])),
    ),
  )(names.map((name) => weights[name]!));
  return {
    loss: value,
    ...Object.fromEntries(names.map((name, index) => [`${name}Gradient`, grads[index]!])),
  };
}

test('a traced training step of a U-Net gives the loss and all weight gradients of the cpu backend', async () => {
  await tf.setBackend('cpu');
  const feeds = Object.fromEntries(
    Object.entries({ image: [2, 8, 10, 3], gt: [2, 8, 10, 3], ...weightShapes }).map(
      ([name, shape], index) => [name, tf.randomNormal(shape, 0, 0.3, 'float32', index + 1)],
    ),
  );
  const expected = lossAndGradients(feeds);
  const graph = trace(
    lossAndGradients,
    Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, { shape }])),
  );
  const session = await createSession(graph, { threads: 1 });
  const actual = await session.run(
    Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()])),
  );
  await session.release();
  for (const [name, tensor] of Object.entries(expected)) {
    const wanted = tensor.dataSync();
    const scale = Math.max(...wanted.map(Math.abs));
    const largestError = Math.max(...wanted.map((value, index) => Math.abs(value - actual[name]![index]!)));
    expect({ name, accurate: largestError <= 1e-5 * scale, scale: scale > 0 }).toEqual({
      name,
      accurate: true,
      scale: true,
    });
  }
});
