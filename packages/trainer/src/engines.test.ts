import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { createEagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';
import { TINY_SIZE_PIXELS, discBatch, fullWeights, relativeDifference, tinyNetwork, tinyNetworkWithoutFlow, tinyRun, tinyTask } from './tiny-network.test-tool.js';
import { createTracedEngine } from './traced-engine.js';


describe('the traced engine against the tfjs cpu oracle', () => {
  let traced: Engine | undefined;
  const eager = createEagerEngine(tinyTask(tinyNetworkWithoutFlow));
  beforeAll(async () => void (traced = await createTracedEngine(tinyTask(tinyNetworkWithoutFlow), { threads: 2 })));
  afterAll(() => traced?.release());

  test('has the same loss terms and gradients', async () => {
    const weights = fullWeights(tinyNetworkWithoutFlow);
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
    const weights = fullWeights(tinyNetworkWithoutFlow);
    const { blurred } = discBatch(5, 1, 3, TINY_SIZE_PIXELS);
    const expected = await eager.restore(weights, blurred);
    const restored = await traced!.restore(weights, blurred);
    expect(restored.length).toBe(3);
    restored.forEach((frame, index) => expect(relativeDifference(frame, expected[index]!)).toBeLessThan(1e-4));
  });
});

describe('the traced engine against finite differences', () => {
  // Smooth, so that differences mean something.
  const smoothLoss = { ...tinyRun('steps: 1').loss, norm: 'charbonnier', order: 'ground-truth' } as const;
  let traced: Engine | undefined;
  beforeAll(async () => void (traced = await createTracedEngine(tinyTask(tinyNetwork, { loss: smoothLoss }), { threads: 2 })));
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
