import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { tensorsOf } from '../tensors.test-tool.js';
import { drawWeights, weightDrawing } from '../weights/initial-weights.js';
import { declareDecoderBlock } from './encoder-decoder.js';
import { LayerDeclarations } from './layers.js';

test('a decoder block doubles the size, and each of its convolutions sees the outputs of all before it', () => {
  const layers = new LayerDeclarations();
  const { upscale, decode, predictImage, channels } = declareDecoderBlock(layers, 'decoder', {
    widths: { upscaledChannels: [0, 0, 0, 2, 0], denseChannels: [[], [], [], [4, 6, 5], []] },
    level: 3,
    from: 7,
    besideChannels: 8,
  });
  expect(channels).toBe(5);
  const seen = 2 + 3 + 8;
  expect(
    Object.fromEntries(
      Object.entries(layers.weights).flatMap(([name, { shape }]) =>
        name.endsWith('.kernel') ? [[name, shape]] : [],
      ),
    ),
  ).toEqual({
    'decoder.level3.upscale-feature.kernel': [4, 4, 2, 7],
    'decoder.level3.upscale-image.kernel': [4, 4, 3, 3],
    'decoder.level3.dense0.kernel': [3, 3, seen, 4],
    'decoder.level3.dense1.kernel': [3, 3, seen + 4, 6],
    'decoder.level3.dense2.kernel': [3, 3, seen + 4 + 6, 5],
    'decoder.level3.image.kernel': [3, 3, 5, 3],
  });
  const weights = tensorsOf(drawWeights(weightDrawing(layers.weights, 1)));
  const upscaled = upscale(tf.zeros([1, 3, 5, 7]), weights);
  expect(upscaled.shape).toEqual([1, 6, 10, 2]);
  const beside = [tf.zeros<tf.Rank.R4>([1, 6, 10, 3]), tf.zeros<tf.Rank.R4>([1, 6, 10, 5])];
  const feature = decode({ upscaled, imageAbove: tf.zeros([1, 3, 5, 3]), beside }, weights);
  expect(feature.shape).toEqual([1, 6, 10, 5]);
  expect(predictImage(feature, weights).shape).toEqual([1, 6, 10, 3]);
});
