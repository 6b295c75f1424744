import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { tensorsOf } from '../tensors.test-tool.js';
import { drawWeights } from '../weights/initial-weights.js';
import { declareDecoderBlock } from './decoder-block.js';
import { LayerDeclarations } from './layers.js';

test('a decoder block doubles the size, and each of its convolutions sees the outputs of all before it', () => {
  const layers = new LayerDeclarations();
  const { upscale, decode } = declareDecoderBlock(layers, 'block', {
    level: 3,
    from: 7,
    upscaledChannels: 2,
    denseChannels: [4, 6, 5],
    besideChannels: 8,
    imageAbove: true,
  });
  const seen = 2 + 3 + 8;
  expect(
    Object.fromEntries(
      Object.entries(layers.weights).flatMap(([name, { shape }]) =>
        name.endsWith('.kernel') ? [[name, shape]] : [],
      ),
    ),
  ).toEqual({
    'block.upscale-feature.kernel': [4, 4, 2, 7],
    'block.upscale-image.kernel': [4, 4, 3, 3],
    'block.dense0.kernel': [3, 3, seen, 4],
    'block.dense1.kernel': [3, 3, seen + 4, 6],
    'block.dense2.kernel': [3, 3, seen + 4 + 6, 5],
  });
  const weights = tensorsOf(drawWeights(layers.weights, 1));
  const upscaled = upscale(tf.zeros([1, 3, 5, 7]), weights);
  expect(upscaled.shape).toEqual([1, 6, 10, 2]);
  const beside = [tf.zeros<tf.Rank.R4>([1, 6, 10, 3]), tf.zeros<tf.Rank.R4>([1, 6, 10, 5])];
  expect(decode({ upscaled, imageAbove: tf.zeros([1, 3, 5, 3]), beside }, weights).shape).toEqual([
    1, 6, 10, 5,
  ]);
});
