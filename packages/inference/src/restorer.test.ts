import '@tensorflow/tfjs';
import { tensor, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import { blurToVideo, declareFrameExtraction, frameExtractionPresets, initialFrameExtractionWeights, writeFrameExtractionWeights, writeSafetensors, writeWeights } from '@unblur/core-model';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRestorer, UnblurError, type Restorer, type RgbImage } from './index.js';
import { largestDifference, livelyWeights, photograph, tinyConfig } from './tiny-network.test-tool.js';

const config = tinyConfig;
const values = livelyWeights(config);
const weights = writeWeights(values, config, { dtype: 'float32' });
let restorer: Restorer;
beforeAll(async () => {
  restorer = await createRestorer({ weights });
});
afterAll(() => restorer.release());

describe('restore', () => {
  test('gives what the network gives on TensorFlow.js, clamped', async () => {
    const photo = photograph(64, 32);
    const { frames, motionsPixels } = await restorer.restore(photo);
    const constants = Object.fromEntries(Object.entries(values).map(([name, { values, shape }]) => [name, tensor(values, shape)]));
    const reference = blurToVideo(tensor4d(photo.data, [1, 32, 64, 3]) as Tensor4D, constants, config);
    expect(frames).toHaveLength(7);
    frames.forEach((frame, i) => {
      const data = (reference.frames[i]![0]!.dataSync() as Float32Array).map((value) => Math.min(1, Math.max(0, value)));
      expect(largestDifference(frame, { width: 64, height: 32, data })).toBeLessThan(1e-4);
      expect(largestDifference(frame, photo)).toBeGreaterThan(1e-3);
    });
    const { data, width, stridePixels } = motionsPixels[6]!;
    expect(width * stridePixels).toBe(64);
    expect(Math.max(...data)).toBeGreaterThan(1e-3);
    const expected = reference.motionsPixels[6]!.dataSync();
    data.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-3));
  });

  test.each([[1, 1], [31, 7], [65, 33]])('%dx%d: frames of the photograph\'s size, finite, in [0, 1]', async (width, height) => {
    const { frames, motionsPixels } = await restorer.restore(photograph(width, height));
    for (const frame of frames) {
      expect([frame.width, frame.height]).toEqual([width, height]);
      expect(frame.data.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    for (const motion of motionsPixels) expect(motion.width).toBe(Math.ceil(width / motion.stridePixels));
  });

  test('the same photograph gives the same bytes: again, from another restorer, and after other sizes', async () => {
    const photo = photograph(70, 40);
    const first = await restorer.restore(photo);
    const other = await createRestorer({ weights });
    for (const side of [32, 64, 96, 128]) await other.restore(photograph(side, 32));
    for (const again of [await restorer.restore(photo), await other.restore(photo)]) {
      first.frames.forEach((frame, i) => expect(Buffer.from(frame.data.buffer).equals(Buffer.from(again.frames[i]!.data.buffer))).toBe(true));
    }
    await other.release();
  });

  test('three frames are the first, middle and last of seven', async () => {
    const three = await createRestorer({ weights, frames: 3 });
    expect(three.frameIndices).toEqual([0, 3, 6]);
    const photo = photograph(64, 64);
    const some = await three.restore(photo);
    const all = await restorer.restore(photo);
    [0, 3, 6].forEach((frame, i) => expect(largestDifference(some.frames[i]!, all.frames[frame]!)).toBeLessThan(1e-5));
    await three.release();
  });

  test('with the mirror image too, a mirrored photograph gives the mirrored frames', async () => {
    const both = await createRestorer({ weights, mirrored: true });
    const photo = photograph(64, 32);
    const mirror = ({ width, height, data }: RgbImage): RgbImage => ({ width, height, data: data.map((_, i) => data[(Math.floor(i / (3 * width)) * width + width - 1 - (Math.floor(i / 3) % width)) * 3 + (i % 3)]!) });
    const [frames, mirrored] = [(await both.restore(photo)).frames, (await both.restore(mirror(photo))).frames.map(mirror)];
    const inOrder = Math.max(...frames.map((frame, i) => largestDifference(frame, mirrored[i]!)));
    const reversed = Math.max(...frames.map((frame, i) => largestDifference(frame, mirrored[frames.length - 1 - i]!)));
    expect(Math.min(inOrder, reversed)).toBeLessThan(1e-6);
    expect(largestDifference(frames[0]!, (await restorer.restore(photo)).frames[0]!)).toBeGreaterThan(1e-4);
    await both.release();
  });

  test('calls at once wait for each other', async () => {
    const results = await Promise.all([32, 64, 96, 128, 160].map((side) => restorer.restore(photograph(side, 32))));
    expect(results.map(({ frames }) => frames[0]!.width)).toEqual([32, 64, 96, 128, 160]);
  });
});

test('a memory budget too small for any tile says how much more is needed', async () => {
  const starved = await createRestorer({ weights, memoryBudgetBytes: 1e6 });
  await expect(starved.restore(photograph(640, 160))).rejects.toThrow(/The memory budget allows tiles of \d+ pixels, .*; raise the memory budget at least \d+-fold/);
});

describe('arguments that cannot be meant: one line', () => {
  test.each<[unknown, string]>([
    ['photo.jpg', 'Expected an image as { width, height, data }, such as loadPhoto gives, but received a value of type string'],
    [null, 'but received null'],
    [{ width: 16, height: 16, data: new Float32Array(3) }, 'Expected 16x16x3 = 768 RGB values in an image but received 3'],
    [{ width: 16.5, height: 16, data: new Float32Array(792) }, 'sides of whole numbers of pixels but received 16.5x16'],
    [{ width: 2, height: 2, data: new Uint8Array(12) }, 'as a Float32Array of values in [0, 1]'],
  ])('as a photograph %#', async (photo, message) => {
    const failure = restorer.restore(photo as RgbImage);
    await expect(failure).rejects.toBeInstanceOf(UnblurError);
    await expect(failure).rejects.toThrow(message);
  });

  test.each<[object, string]>([
    [{ weights: 'weights.safetensors' }, 'Expected the bytes of a .safetensors file, as a Uint8Array, for weights but received a value of type string'],
    [{}, 'for weights but received nothing'],
    [{ weights: new ArrayBuffer(8) }, 'but received an object of type ArrayBuffer'],
    [{ weights: new Uint8Array(8), threads: 0 }, 'Expected a whole number of at least 1 for threads but received 0'],
    [{ weights: new Uint8Array(8), memoryBudgetBytes: 0 }, 'Expected a number above 0 for memoryBudgetBytes but received 0'],
  ])('as an option %#', async (options, message) => {
    await expect(createRestorer(options as Parameters<typeof createRestorer>[0])).rejects.toThrow(message);
  });
});

describe('weights that cannot be used: one line', () => {
  async function failure(bytes: Uint8Array, frames?: number): Promise<string> {
    const error = (await createRestorer({ weights: bytes, frames }).catch((cause: unknown) => cause)) as UnblurError;
    expect(error).toBeInstanceOf(UnblurError);
    expect(error.message).not.toContain('\n');
    return error.message;
  }

  test('of another config: the names and shapes that differ', async () => {
    const name = Object.keys(values)[0]!;
    const tensors = Object.fromEntries(Object.entries(values).map(([key, { shape, values }]) => [key, { dtype: 'F32' as const, shape: key === name ? [...shape].reverse() : shape, values }]));
    const bytes = writeSafetensors({ tensors, metadata: { 'unblur.blur-to-video': JSON.stringify(config) } });
    expect(await failure(bytes)).toContain(`'${name}' is [${[...values[name]!.shape].reverse()}], not [${values[name]!.shape}]`);
  });

  test('NaN', async () => {
    const tensors = Object.fromEntries(Object.entries(values).map(([key, { shape, values }], i) => [key, { dtype: 'F32' as const, shape, values: i === 1 ? values.map(() => NaN) : values }]));
    const bytes = writeSafetensors({ tensors, metadata: { 'unblur.blur-to-video': JSON.stringify(config) } });
    expect(await failure(bytes)).toMatch(/These weights cannot be used\. Expected finite weights but '.+' holds NaN/);
  });

  test('no weights at all, cut short, of something else', async () => {
    expect(await failure(Buffer.from('not weights'))).toMatch(/^These weights cannot be used\. /);
    expect(await failure(weights.subarray(0, weights.length / 2))).toMatch(/^These weights cannot be used\. /);
    expect(await failure(writeSafetensors({ tensors: {}, metadata: {} }))).toMatch(/weights of something else\.$/);
    expect(await failure(writeSafetensors({ tensors: {}, metadata: { 'unblur.video-deblur': '{}' } }))).toContain("weights of something else ('unblur.video-deblur')");
  });

  test('5 frames of 7: what is possible', async () => {
    expect(await failure(weights, 5)).toContain('3 or 7 can be had');
  });
});

describe('the baseline of Jin et al.', () => {
  const part = { factor: 4, channels: 4, groups: [[[1, 2]]] as [number, number][][], refinementChannels: 4 };
  const extraction = { ...frameExtractionPresets.small, frames: 3, middle: part, innerPair: part, outerPair: part };
  const extractionValues = initialFrameExtractionWeights(extraction, 2);
  for (const [name, { values: weight }] of Object.entries(extractionValues)) if (name.includes('predict')) weight.forEach((_, i) => (weight[i] = 0.1 * Math.sin(i + name.length)));

  test('its weights are told apart by their file, and give what its networks give, without motion', async () => {
    const photo = photograph(30, 22);
    const baseline = await createRestorer({ weights: writeFrameExtractionWeights(extractionValues, extraction, { dtype: 'float32' }) });
    const { frames, motionsPixels } = await baseline.restore(photo);
    await baseline.release();
    expect(frames).toHaveLength(3);
    expect(motionsPixels.every(({ data }) => data.every((value) => value === 0))).toBe(true);

    // A size that needs no padding, for the comparison.
    const whole = photograph(32, 24);
    const constants = Object.fromEntries(Object.entries(extractionValues).map(([name, { values: weight, shape }]) => [name, tensor(weight, shape)]));
    const reference = declareFrameExtraction(extraction).extract(tensor4d(whole.data, [1, 24, 32, 3]), constants);
    const other = await createRestorer({ weights: writeFrameExtractionWeights(extractionValues, extraction, { dtype: 'float32' }) });
    const restored = await other.restore(whole);
    await other.release();
    restored.frames.forEach((frame, i) => {
      const data = (reference[i]!.dataSync() as Float32Array).map((value) => Math.min(1, Math.max(0, value)));
      expect(largestDifference(frame, { width: 32, height: 24, data })).toBeLessThan(1e-4);
      expect(largestDifference(frame, whole)).toBeGreaterThan(1e-3);
    });
  });
});
