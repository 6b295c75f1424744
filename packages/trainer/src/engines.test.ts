import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { initialWeights } from '@unblur/core-model';
import type { BlurToVideoConfig, WeightValues } from '@unblur/core-model';
import { createEagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';
import { TINY_SIZE_PIXELS, discBatch, tinyNetwork, tinyRun } from './tiny-network.test-tool.js';
import { createTracedEngine } from './traced-engine.js';

const { loss } = tinyRun('steps: 1');
const shapes = { batchSize: 2, sizePixels: TINY_SIZE_PIXELS, validationSizePixels: TINY_SIZE_PIXELS };

/** The oracle's own gradient of `resizeBilinear` leaves out the half-pixel shift, so the two are compared on a network that resizes no flow. */
const networkWithoutFlow: BlurToVideoConfig = { ...tinyNetwork, featureTransformer: { ...tinyNetwork.featureTransformer, localWarping: false } };

/** Starting weights with something in every weight, so that every gradient is at work. */
function fullWeights(network: BlurToVideoConfig): WeightValues {
  const weights = initialWeights(network, 3);
  for (const { values } of Object.values(weights)) for (let index = 0; index < values.length; index++) values[index]! += 0.02 * Math.sin(3 * index + values.length);
  return weights;
}

/** Largest difference, relative to the largest value. */
function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return expected.reduce((max, value, index) => Math.max(max, Math.abs(value - actual[index]!)), 0) / Math.max(largest, 1e-6);
}

describe('the traced engine against the tfjs cpu oracle', () => {
  let traced: Engine | undefined;
  const eager = createEagerEngine(networkWithoutFlow, loss, shapes);
  beforeAll(async () => void (traced = await createTracedEngine(networkWithoutFlow, loss, shapes, { threads: 2 })));
  afterAll(() => traced?.release());

  test('has the same loss terms and gradients', async () => {
    const weights = fullWeights(networkWithoutFlow);
    const batch = discBatch(0, 2, 3, TINY_SIZE_PIXELS);
    const expected = await eager.lossAndGradients(weights, batch);
    const { terms, gradients } = await traced!.lossAndGradients(weights, batch);
    expect(Object.keys(terms).sort()).toEqual(Object.keys(expected.terms).sort());
    for (const [name, value] of Object.entries(expected.terms)) expect([name, terms[name]]).toEqual([name, expect.closeTo(value, 4)]);
    const differences = Object.entries(expected.gradients).map(([name, values]) => [name, relativeDifference(gradients[name]!, values)] as const);
    expect(differences.filter(([, difference]) => !(difference < 1e-3))).toEqual([]);
    expect(Object.entries(expected.gradients).filter(([, values]) => values.every((value) => value === 0)).map(([name]) => name)).toEqual([]);
  });

  test('restores the same frames', async () => {
    const weights = fullWeights(networkWithoutFlow);
    const { blurred } = discBatch(5, 1, 3, TINY_SIZE_PIXELS);
    const expected = await eager.restore(weights, blurred);
    const restored = await traced!.restore(weights, blurred);
    expect(restored.length).toBe(3);
    restored.forEach((frame, index) => expect(relativeDifference(frame, expected[index]!)).toBeLessThan(1e-4));
  });
});

describe('the traced engine against finite differences', () => {
  // Smooth, so that differences mean something.
  const smoothLoss = { ...loss, norm: 'charbonnier', order: 'ground-truth' } as const;
  let traced: Engine | undefined;
  beforeAll(async () => void (traced = await createTracedEngine(tinyNetwork, smoothLoss, shapes, { threads: 2 })));
  afterAll(() => traced?.release());

  test.each(['encoder.level1.extract', 'middle.level4.image', 'motion.level4.flow', 'motion.level3.stn.affine', 'frame2.level3.dense0', 'frame2.level1.image'])(
    'the loss changes along the gradient of %s as the gradient says',
    async (layer) => {
      const weights = fullWeights(tinyNetwork);
      const batch = discBatch(0, 2, 3, TINY_SIZE_PIXELS);
      const { values } = weights[`${layer}.kernel`]!;
      const start = values.slice();
      const gradient = (await traced!.lossAndGradients(weights, batch)).gradients[`${layer}.kernel`]!.slice();
      const norm = Math.hypot(...gradient);
      const lossAt = async (distance: number) => {
        values.forEach((_, index) => (values[index] = start[index]! + (distance * gradient[index]!) / norm));
        return (await traced!.lossAndGradients(weights, batch)).terms['total']!;
      };
      // Far enough for float32 to see the difference, near enough for the warps' bilinear pieces.
      const distance = Math.min(1e-3, 2e-5 / norm);
      const slope = ((await lossAt(distance)) - (await lossAt(-distance))) / (2 * distance);
      expect(slope / norm).toBeCloseTo(1, 1);
    },
  );
});
