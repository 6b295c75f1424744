import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { testEngine } from './engine-agreement.test-tool.js';
import { openEngine } from './choice.js';
import type { Engine } from './engine.js';
import {
  tinyFrames,
  tinySizePixels,
  discBatch,
  fullWeights,
  tinyNetwork,
  tinyTask,
} from '../systems/photo/tiny-network.test-tool.js';
import { createTracedEngine } from './traced-engine.js';

describe('the engine onnxruntime', () => {
  testEngine((task) => openEngine('onnxruntime', task, { threads: 2 }), 1e-3, ['photo']);
});

describe('an engine that is not installed', () => {
  test('says what to install', async () => {
    const installed = await import('@tensorflow/tfjs-node' as string).then(
      () => true,
      () => false,
    );
    if (installed) return console.warn('Skipped: @tensorflow/tfjs-node is installed.');
    await expect(openEngine('tfjs-tensorflow', tinyTask(), { threads: 1 })).rejects.toThrow(
      /'tfjs-tensorflow' but it is not installed; npm install @tensorflow\/tfjs-node$/,
    );
  });
});

describe('the traced engine against finite differences', () => {
  let traced: Engine | undefined;
  beforeAll(async () => void (traced = await createTracedEngine(tinyTask(), { threads: 2 })));
  afterAll(() => traced?.release());

  test.each([
    'stem',
    'encoder2.block0.first',
    'bottleneck.block0.second',
    'enlarge1',
    'middle',
    'trajectory.predict',
    'frame.enter',
    'frame.correct',
  ])('the loss changes along the gradient of %s as the gradient says', async (layer) => {
    const weights = fullWeights(tinyNetwork);
    const batch = discBatch(0, 2, tinyFrames, tinySizePixels);
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
  });
});
