import '@tensorflow/tfjs';
import { memory } from '@tensorflow/tfjs-core';
import { writeWeights } from '@unblur/core-model';
import { expect, test } from '@jest/globals';
import { createRestorer } from './index.js';
import { createEagerRestorer, UnblurError } from './restoration.js';
import { largestDifference, livelyWeights, photograph, tinyConfig } from './tiny-network.test-tool.js';

const weights = writeWeights(livelyWeights(tinyConfig), tinyConfig, { dtype: 'float32' });

test('restores what ONNX Runtime restores, at a size that needs padding', async () => {
  const photo = photograph(40, 24);
  const reference = await createRestorer({ weights });
  const expected = await reference.restore(photo);
  await reference.release();
  const restored = await createEagerRestorer({ weights }).restore(photo);
  restored.frames.forEach((frame, index) => expect(largestDifference(frame, expected.frames[index]!)).toBeLessThan(1e-4));
  const [motion, expectedMotion] = [restored.motionsPixels[6]!, expected.motionsPixels[6]!];
  expect([motion.width, motion.height, motion.stridePixels]).toEqual([expectedMotion.width, expectedMotion.height, expectedMotion.stridePixels]);
  motion.data.forEach((value, index) => expect(value).toBeCloseTo(expectedMotion.data[index]!, 3));
});

test('tells a growing share of the work', async () => {
  const shares: number[] = [];
  await createEagerRestorer({ weights }).restore(photograph(32, 32), { onShare: (share) => shares.push(share) });
  expect(shares[0]).toBe(0);
  expect(shares.at(-1)).toBeGreaterThan(0.8);
  expect(shares.every((share, index) => share <= 1 && share >= (shares[index - 1] ?? 0))).toBe(true);
});

test('keeps nothing but its weights, and those until they are released', async () => {
  const before = memory().numTensors;
  const restorer = createEagerRestorer({ weights });
  const held = memory().numTensors;
  await restorer.restore(photograph(32, 32));
  expect(memory().numTensors).toBe(held);
  restorer.release();
  expect(memory().numTensors).toBe(before);
});

test('refuses bytes that are no weights in one line', () => {
  expect(() => createEagerRestorer({ weights: new Uint8Array(5) })).toThrow(UnblurError);
});
