import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { LayerDeclarations } from '../parts/layers.js';
import { halve } from '../parts/resolution.js';
import { largestDifference, tensorsOf } from '../tensors.test-tool.js';
import { drawWeights, weightDrawing } from '../weights/initial-weights.js';
import { declareScaleFusion } from './scale-fusion.js';
import type { ScaleFusionInputs } from './scale-fusion.js';

const [height, width, featureChannels] = [8, 12, 2];

const random = (shape: [number, number, number, number], seed: number) =>
  tf.randomUniform<tf.Rank.R4>(shape, 0, 1, 'float32', seed);
const frame = (seed: number) => random([1, height, width, 3], seed);

/**
 * Untrained: heads are zero but for biases of what is weighed, in the order fine means, coarse means, four
 * pixels of detail.
 */
function fusion(fractionBiases: number[] = [0, 0, 0, 0, 0, 0]): (inputs: ScaleFusionInputs) => tf.Tensor4D {
  const layers = new LayerDeclarations();
  const fuse = declareScaleFusion(layers, { channels: [3] }, { featureChannels, evidenceChannels: 2 });
  const weights = tensorsOf(drawWeights(weightDrawing(layers.weights, 1)));
  return (inputs) => fuse(inputs, { ...weights, 'fusion.shares.bias': tf.tensor1d(fractionBiases) });
}

function inputs(coarseImage: tf.Tensor4D, fineImage: tf.Tensor4D): ScaleFusionInputs {
  const fine = { image: fineImage, features: random([1, height / 2, width / 2, featureChannels], 5) };
  const coarse = { image: coarseImage, features: random([1, height / 4, width / 4, featureChannels], 6) };
  return { centre: frame(1), evidence: [random([1, height / 2, width / 2, 2], 2)], fine, coarse };
}

const doubled = (x: tf.Tensor4D) => tf.image.resizeBilinear(x, [2 * x.shape[1], 2 * x.shape[2]], false, true);

describe('declareScaleFusion', () => {
  test('gives the fine image back where both scales agree', () => {
    const fine = frame(4);
    expect(largestDifference(fusion()(inputs(halve(fine), fine)), fine)).toBeLessThan(1e-6);
  });

  test('without training moves half the way to what the coarse scale says', () => {
    const fine = frame(4);
    const merged = fusion()(inputs(tf.add(halve(fine), 0.1), fine));
    expect(largestDifference(merged, tf.add(fine, 0.05))).toBeLessThan(1e-6);
  });

  test('weighs means of either scale and the detail by themselves', () => {
    const [fine, coarse] = [frame(4), random([1, height / 2, width / 2, 3], 7)];
    const seen = inputs(coarse, fine);
    const { centre } = seen;
    const coarseOnly = tf.add<tf.Tensor4D>(centre, doubled(tf.sub(coarse, halve(centre))));
    expect(largestDifference(fusion([-0.5, 0.5, -1, -1, -1, -1])(seen), coarseOnly)).toBeLessThan(1e-6);
    const found = tf.sub<tf.Tensor4D>(fine, centre);
    const detailOnly = tf.add<tf.Tensor4D>(centre, tf.sub(found, doubled(halve(found))));
    expect(largestDifference(fusion([-0.5, -0.5, 0, 0, 0, 0])(seen), detailOnly)).toBeLessThan(1e-6);
    expect(largestDifference(fusion([-0.5, -0.5, -1, -1, -1, -1])(seen), centre)).toBeLessThan(1e-6);
  });
});
