import '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { createEagerRestorer, type RestoredSequence } from '@unblur/restoration';
import { createRestorer, UnblurError, type EngineName } from './index.js';
import {
  largestDifference,
  photograph,
  tinyWeights,
} from '../../restoration/src/photo/tiny-network.test-tool.js';

const weights = tinyWeights();
/** A size that needs padding. */
const photo = photograph(40, 24);
const times = [-1, -0.3, 0, 0.55, 1];

async function restoreOn(engine: EngineName): Promise<RestoredSequence> {
  const restorer = await createRestorer({ weights, engine, scale: 1 });
  try {
    return await restorer.restore(photo, { times });
  } finally {
    await restorer.release();
  }
}

async function expectAgreement(restored: RestoredSequence): Promise<void> {
  const expected = await restoreOn('onnxruntime');
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
}

describe('what ONNX Runtime restores', () => {
  test('the restorer that runs op by op restores too', async () =>
    expectAgreement(await createEagerRestorer({ weights }).restore(photo, { times })));

  test('the engine tfjs-cpu restores too', async () => expectAgreement(await restoreOn('tfjs-cpu')));

  test('the engine tfjs-tensorflow restores too; absent, it says what to install', async () => {
    const restored = await restoreOn('tfjs-tensorflow').catch((error: unknown) => error);
    if (!(restored instanceof Error)) return expectAgreement(restored as RestoredSequence);
    console.log(`skipped: the engine tfjs-tensorflow (${restored.message})`);
    expect(restored).toBeInstanceOf(UnblurError);
    expect(restored.message).toMatch(
      /'@tensorflow\/tfjs-node' for the engine 'tfjs-tensorflow' but it is not installed; npm install|cannot be loaded/,
    );
  });
});

test('an engine that there is not is refused by name', async () => {
  await expect(createRestorer({ weights, engine: 'cuda' as never })).rejects.toThrow(
    'Expected onnxruntime, onnxruntime-webgpu, tfjs-tensorflow, tfjs-cpu for engine but received cuda',
  );
});
