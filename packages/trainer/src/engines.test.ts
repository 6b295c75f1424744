import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { initialWeights } from '@unblur/core-model';
import type { WeightValues } from '@unblur/core-model';
import { createEagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';
import { TINY_SIZE_PIXELS, discBatch, tinyNetwork, tinyRun } from './tiny-network.test-tool.js';
import { createTracedEngine } from './traced-engine.js';

const { loss } = tinyRun('steps: 1');
const shapes = { batchSize: 2, sizePixels: TINY_SIZE_PIXELS, validationSizePixels: TINY_SIZE_PIXELS };

/** Starting weights with something in every weight, so that every gradient is at work. */
function fullWeights(): WeightValues {
  const weights = initialWeights(tinyNetwork, 3);
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
  const eager = createEagerEngine(tinyNetwork, loss, shapes);
  beforeAll(async () => void (traced = await createTracedEngine(tinyNetwork, loss, shapes, { threads: 2 })));
  afterAll(() => traced?.release());

  test('has the same loss terms and gradients', async () => {
    const weights = fullWeights();
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
    const weights = fullWeights();
    const { blurred } = discBatch(5, 1, 3, TINY_SIZE_PIXELS);
    const expected = await eager.restore(weights, blurred);
    const restored = await traced!.restore(weights, blurred);
    expect(restored.length).toBe(3);
    restored.forEach((frame, index) => expect(relativeDifference(frame, expected[index]!)).toBeLessThan(1e-4));
  });
});
