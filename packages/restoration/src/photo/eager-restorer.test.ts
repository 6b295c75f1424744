import '@tensorflow/tfjs';
import { engine, memory } from '@tensorflow/tfjs-core';
import { expect, test } from '@jest/globals';
import { photoFamily, type SafetensorsBytes } from '@unblur/core-model';
import {
  createEagerRestorer,
  createVideoDeblurrer,
  readFrameNetwork,
  tilesOf,
  UnblurError,
  type ComputeEngine,
} from '../index.js';
import {
  diverged,
  filledWeights,
  largestDifference,
  photograph,
  tinyConfig,
  tinyWeights,
} from './tiny-network.test-tool.js';

const weights = tinyWeights();

test('restores a photograph above its limit in tiles that agree with the whole', async () => {
  const photo = photograph(400, 64);
  const [whole, tiled] = [
    createEagerRestorer({ weights }),
    createEagerRestorer({ weights, maximumPixels: 272 * 64 }),
  ];
  const [expected, restored] = [
    await whole.restore(photo, { times: [0.5] }),
    await tiled.restore(photo, { times: [0.5] }),
  ];
  const meanDifference = (a: Float32Array, b: Float32Array) =>
    a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
  expect(meanDifference(restored.frames[0]!.data, expected.frames[0]!.data)).toBeLessThan(1e-3);
  expect(meanDifference(restored.motionsPixels[0]!.data, expected.motionsPixels[0]!.data)).toBeLessThan(0.02);
  expect(restored.motionsPixels[0]!.data).not.toEqual(expected.motionsPixels[0]!.data);
});

test('analyzes once and renders time after time', async () => {
  const restorer = createEagerRestorer({ weights });
  const photo = photograph(32, 32);
  const { frames } = await restorer.restore(photo, { frames: 3 });
  const scene = await restorer.analyze(photo);
  expect(largestDifference(await scene.renderAt(1), frames[2]!)).toBe(0);
  expect(largestDifference(await scene.renderAt(0), frames[1]!)).toBe(0);
  expect(largestDifference(await scene.renderAt(-1), frames[0]!)).toBe(0);
  expect(scene.motionAt(0).data.every((value) => value === 0)).toBe(true);
  await expect(scene.renderAt(1.1)).rejects.toThrow(UnblurError);
  await expect(scene.renderAt('0.5' as never)).rejects.toThrow('but received "0.5"');
});

test('tells a growing share of the work', async () => {
  const shares: number[] = [];
  await createEagerRestorer({ weights }).restore(photograph(32, 32), {
    onShare: (share) => shares.push(share),
  });
  expect(shares[0]).toBe(0);
  expect(shares.at(-1)).toBeGreaterThan(0.8);
  expect(shares.every((share, index) => share <= 1 && share >= (shares[index - 1] ?? 0))).toBe(true);
});

test('keeps nothing but its weights and its scenes, and those until they are released', async () => {
  const before = memory().numTensors;
  const restorer = createEagerRestorer({ weights });
  const held = memory().numTensors;
  const scene = await restorer.analyze(photograph(32, 32));
  const heldByScene = memory().numTensors - held;
  await scene.renderAt(0.5);
  await scene.renderAt(0);
  expect(memory().numTensors - held).toBe(heldByScene);
  scene.release();
  await restorer.restore(photograph(32, 32));
  expect(memory().numTensors).toBe(held);
  restorer.release();
  expect(memory().numTensors).toBe(before);
});

test('frees what it has when it is stopped', async () => {
  const restorer = createEagerRestorer({ weights });
  const held = memory().numTensors;
  const stop = new AbortController();
  const stopping = restorer.restore(photograph(32, 32), {
    signal: stop.signal,
    onShare: (share) => share > 0.5 && stop.abort(),
  });
  await expect(stopping).rejects.toThrow('aborted');
  expect(memory().numTensors).toBe(held);
});

test('every reader of weights takes an ArrayBuffer too, and says what came in place of bytes', () => {
  const buffer = new ArrayBuffer(weights.length);
  new Uint8Array(buffer).set(weights);
  const openers: ((given: SafetensorsBytes) => { config: unknown })[] = [
    (given) => createEagerRestorer({ weights: given }),
    readFrameNetwork,
    (given) => createVideoDeblurrer({ weights: given, engine: {} as ComputeEngine }),
  ];
  for (const open of openers) {
    expect(open(buffer).config).toEqual(tinyConfig);
    for (const given of [undefined, 'photo.safetensors']) {
      expect(() => open(given as unknown as Uint8Array)).toThrow(UnblurError);
      expect(() => open(given as unknown as Uint8Array)).toThrow(
        /^These weights cannot be used\. Expected the bytes of a \.safetensors file, .* but received (nothing|a value of type string); read the file first/,
      );
    }
  }
});

test.each([createEagerRestorer, createVideoDeblurrer])('%p says what it wants', (create) => {
  for (const given of [undefined, null, weights]) {
    expect(() => (create as (given: unknown) => unknown)(given)).toThrow(
      new RegExp(
        `^Expected options, such as ${create.name}\\({ weights.*}\\), but received (nothing|null|bytes by themselves)$`,
      ),
    );
  }
});

test('says what to import where nothing computes', () => {
  const tfjs = engine();
  const { registryFactory } = tfjs;
  tfjs.registryFactory = {};
  try {
    expect(() => createEagerRestorer({ weights })).toThrow(
      new UnblurError(
        "Expected a TensorFlow.js backend but none is registered; import '@tensorflow/tfjs' or a single backend first",
      ),
    );
  } finally {
    tfjs.registryFactory = registryFactory;
  }
});

test('a frame of tiles is refused when its photograph is released before it is whole', async () => {
  const restorer = createEagerRestorer({ weights, maximumPixels: 272 * 64 });
  for (const time of [1, 0.5]) {
    const scene = await restorer.analyze(photograph(400, 64));
    const rendering = scene.renderAt(time);
    scene.release();
    await expect(rendering).rejects.toThrow('This photograph has been released: analyze it again');
  }
});

test('an analysis that is not finite is an error, and leaves no tensors', async () => {
  const weights = photoFamily.writeWeights(diverged(filledWeights(tinyConfig)), tinyConfig, {
    dtype: 'float32',
  });
  const restorer = createEagerRestorer({ weights });
  const before = memory().numTensors;
  await expect(restorer.analyze(photograph(64, 64))).rejects.toThrow('infinite ones or NaN');
  expect(memory().numTensors).toBe(before);
});

test('says that it has been released, to whoever goes on', async () => {
  const restorer = createEagerRestorer({ weights });
  const scene = await restorer.analyze(photograph(32, 32));
  restorer.release();
  restorer.release();
  const message = 'This restorer has been released: make another with createEagerRestorer';
  await expect(restorer.restore(photograph(32, 32))).rejects.toThrow(new UnblurError(message));
  await expect(restorer.analyze(photograph(32, 32))).rejects.toThrow(message);
  await expect(scene.renderAt(0.5)).rejects.toThrow(message);
  scene.release();
  await expect(scene.renderAt(0.5)).rejects.toThrow('This photograph has been released: analyze it again');
});

test.each([
  [0, '0'],
  [-1, '-1'],
  [NaN, 'NaN'],
  ['9', '"9"'],
])('refuses %p for maximumPixels', (maximumPixels, received) => {
  expect(() => createEagerRestorer({ weights, maximumPixels: maximumPixels as number })).toThrow(
    new UnblurError(`Expected a number above 0 for maximumPixels but received ${received}`),
  );
});

test('says how much a maximumPixels too small for any tile has to be', async () => {
  const restorer = createEagerRestorer({ weights, maximumPixels: 100 });
  await expect(restorer.restore(photograph(640, 320))).rejects.toThrow(
    new UnblurError(
      'maximumPixels allows tiles of 100 pixels, but 144x160 is the smallest that gives seamless results; raise it to 23040 or more',
    ),
  );
  expect(tilesOf(640, 320, 23040)).toMatchObject({ tileWidth: 144, tileHeight: 160 });
});

test('refuses bytes that are no weights, and times and numbers of frames that cannot be, in one line', async () => {
  expect(() => createEagerRestorer({ weights: new Uint8Array(5) })).toThrow(UnblurError);
  const restorer = createEagerRestorer({ weights });
  await expect(restorer.restore(photograph(32, 32), { frames: 0 })).rejects.toThrow(
    'Expected a whole number of frames from 1 to 1001 but received 0',
  );
  await expect(restorer.restore(photograph(32, 32), { frames: '7' as never })).rejects.toThrow(
    'Expected a whole number of frames from 1 to 1001 but received "7"',
  );
  for (const [times, received] of [
    [[0, 2], '2'],
    [[], 'none'],
    [['0.5'], '"0.5"'],
  ]) {
    await expect(restorer.restore(photograph(32, 32), { times: times as number[] })).rejects.toThrow(
      new UnblurError(
        `Expected times from -1, when the shutter opens, to 1, when it closes, but received ${received}`,
      ),
    );
  }
  await expect(restorer.restore(photograph(32, 32), { times: 0.5 as unknown as number[] })).rejects.toThrow(
    'Expected a list for times, such as [-1, 0.5], but received 0.5',
  );
  await expect(restorer.restore(photograph(32, 32), { times: [0, 0] })).rejects.toThrow(
    'Expected times that differ but received 0, 0',
  );
});

test('takes options that a prototype holds', async () => {
  const restorer = createEagerRestorer({ weights });
  const options = Object.create({ times: [0.5] }) as { times: number[] };
  expect((await restorer.restore(photograph(32, 32), options)).frames).toHaveLength(1);
});

test('refuses options that are none', async () => {
  const restorer = createEagerRestorer({ weights });
  const photo = photograph(32, 32);
  await expect(restorer.restore(photo, { frame: 3 } as never)).rejects.toThrow(
    new UnblurError(
      "Expected options among onShare, signal, frames, times in a call such as restore(photo, { frames: 7 }) but received 'frame'",
    ),
  );
  await expect(restorer.analyze(photo, { onProgress: () => {} } as never)).rejects.toThrow(
    /^Expected options among onShare, signal in .* but received 'onProgress'$/,
  );
  await expect(restorer.restore(photo, null as never)).rejects.toThrow(UnblurError);
});
