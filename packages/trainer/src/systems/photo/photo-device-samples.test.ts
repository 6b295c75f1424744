import { expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { stack, tensor, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { photoFamily } from '@unblur/core-model';
import { nonzeroWeights } from '../nonzero-weights.test-tool.js';
import { photoDeviceTask, photoTask } from './photo-system.js';
import { tinyNetwork } from './tiny-network.test-tool.js';

const [batchSize, size, frames] = [2, 16, 5];
const sizes = { batchSize, sizePixels: size, validationSizePixels: size };
const loss = { epsilon: 1e-4, frameWeights: [1, 1, 2, 1, 1], motion: 0.3 };
const times = [-1, -0.5, 0, 0.5, 1];

const waves = (shape: number[], phase: number, scale = 0.5) =>
  tensor(
    Float32Array.from(
      { length: shape.reduce((a, b) => a * b) },
      (_, index) => 0.5 + scale * Math.sin(index * 0.7 + phase),
    ),
    shape,
  );
const valuesOf = (terms: Record<string, Tensor>) =>
  Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, value.dataSync()[0]!]));

const blurred = waves([batchSize, size, size, 3], 1);
const gt = waves([batchSize, frames, size, size, 3], 2);
const lastMotion = waves([batchSize, 4, 4, 2], 3, 2);
const task = photoDeviceTask(tinyNetwork, { framesPerStep: frames, loss }, frames, sizes);
const weights = Object.fromEntries(
  Object.entries(nonzeroWeights(photoFamily.initialWeights(tinyNetwork, 1))).map(
    ([name, { shape, values }]) => [name, tensor(values, shape)],
  ),
);

/** A batch made on the device of scenes that move evenly. */
const deviceBatch = (changes: Record<string, Tensor> = {}) => ({
  ...weights,
  blurred,
  frames: gt,
  framesKnown: tensor2d(Array(batchSize).fill(Array(frames).fill(1))),
  times: tensor1d(times),
  orderKnown: tensor1d([0, 0]),
  motionsPixels: stack(
    times.map((time) => lastMotion.mul(time)),
    1,
  ),
  motionKnown: tensor1d([1, 1]),
  ...changes,
});
const lossOf = (changes?: Record<string, Tensor>) =>
  tidy(() => valuesOf(task.objective.loss(deviceBatch(changes))));

test('where every frame is known and scenes move evenly, the loss is that of samples made elsewhere', () => {
  const elsewhere = photoTask(tinyNetwork, { frames, order: 'better', loss }, sizes);
  // Its motions are of pixels, which are averaged over the squares that the trajectory is known for.
  const motionPixels = lastMotion
    .reshape([batchSize, 4, 1, 4, 1, 2])
    .tile([1, 1, 4, 1, 4, 1])
    .reshape([batchSize, size, size, 2]);
  const expected = tidy(() =>
    valuesOf(
      elsewhere.objective.loss({
        ...weights,
        blurred,
        frames: gt,
        motionPixels,
        motionKnown: tensor1d([1, 1]),
      }),
    ),
  );
  const actual = lossOf();
  for (const [name, value] of Object.entries(expected)) expect(actual[name]).toBeCloseTo(value, 4);
});

test('frames that are not known do not count', () => {
  const onlyMiddle = {
    framesKnown: tensor2d(Array(batchSize).fill([0, 0, 1, 0, 0])),
    motionKnown: tensor1d([0, 0]),
  };
  const otherEnds = gt.mul(tensor([0.3, 0.6, 1, 0.2, 0.1], [1, frames, 1, 1, 1]));
  expect(lossOf({ ...onlyMiddle, frames: otherEnds })['total']).toBeCloseTo(lossOf(onlyMiddle)['total']!, 5);
  expect(lossOf({ frames: otherEnds })['total']).not.toBeCloseTo(lossOf()['total']!, 2);
});

test('samples in the canonical order are compared as they are, the others in the better order', () => {
  const reversed = { frames: gt.reverse(1), motionsPixels: deviceBatch().motionsPixels.reverse(1) };
  expect(lossOf(reversed)['total']).toBeCloseTo(lossOf()['total']!, 5);
  const known = { orderKnown: tensor1d([1, 1]) };
  const [asItIs, turned] = [lossOf(known)['total']!, lossOf({ ...known, ...reversed })['total']!];
  expect(Math.abs(asItIs - turned)).toBeGreaterThan(1e-3);
  expect(lossOf()['total']).toBeLessThanOrEqual(Math.min(asItIs, turned) + 1e-5);
});
