import '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { createEagerRestorer } from '@unblur/restoration';
import { createRestorer } from './index.js';
import {
  largestDifference,
  photograph,
  tinyWeights,
} from '../../restoration/src/photo/tiny-network.test-tool.js';

const weights = tinyWeights();

test('restores what ONNX Runtime restores, at a size that needs padding and at any time', async () => {
  const photo = photograph(40, 24);
  const times = [-1, -0.3, 0, 0.55, 1];
  const reference = await createRestorer({ weights, scale: 1 });
  const expected = await reference.restore(photo, { times });
  await reference.release();
  const restored = await createEagerRestorer({ weights }).restore(photo, { times });
  expect(restored.frames).toHaveLength(times.length);
  restored.frames.forEach((frame, index) =>
    expect(largestDifference(frame, expected.frames[index]!)).toBeLessThan(1e-4),
  );
  restored.motionsPixels.forEach(({ data, ...grid }, index) => {
    const { data: expectedData, ...expectedGrid } = expected.motionsPixels[index]!;
    expect(grid).toEqual(expectedGrid);
    data.forEach((value, place) => expect(value).toBeCloseTo(expectedData[place]!, 3));
  });
  expect(largestDifference(restored.frames[0]!, restored.frames[4]!)).toBeGreaterThan(0.01);
});
