import '@tensorflow/tfjs';
import { add, tensor, tensor4d } from '@tensorflow/tfjs-core';
import {
  consistencyCorrection,
  frameExtractionFamily,
  frameExtractionPresets,
  frameTimes,
  paperFamily,
  paperPreset,
  photoFamily,
  writeSafetensors,
  type PhotoConfig,
} from '@unblur/core-model';
import {
  halfOf,
  nearHalfSize,
  nearHalfSizeMotion,
  readFrameNetwork,
  type ComputedFunction,
  type ComputeEngine,
} from '@unblur/restoration';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRestorer, UnblurError, type Restorer, type RgbImage } from '../index.js';
import { onnxRuntimeEngine } from '../onnx-engine.js';
import { planPasses } from './network-passes.js';
import {
  createRestorerOn,
  type RestoreFramesOptions,
  type RestoreOptions,
  type RestorerOptions,
} from './restorer.js';
import {
  filledWeights,
  largestDifference,
  photograph,
  tinyConfig,
  tinyWeights,
} from '../../../restoration/src/photo/tiny-network.test-tool.js';

const config = tinyConfig;
const values = filledWeights(config);
const weights = tinyWeights();
let restorer: Restorer;
beforeAll(async () => {
  restorer = await createRestorer({ weights, scale: 1 });
});
afterAll(() => restorer.release());

const clamp = (list: ArrayLike<number>) =>
  Float32Array.from(list, (value) => Math.min(1, Math.max(0, value)));

/** ONNX Runtime, telling each run. */
function watchedEngine(
  onRun: (inputs: Record<string, Float32Array>, fn: ComputedFunction) => void,
): ComputeEngine {
  const onProcessor = onnxRuntimeEngine();
  return {
    ...onProcessor,
    async open(fn) {
      const opened = await onProcessor.open(fn);
      const run: typeof opened.run = (inputs) => {
        onRun(inputs, fn);
        return opened.run(inputs);
      };
      return { ...opened, run };
    },
  };
}

describe('restore', () => {
  test('gives what the network gives on TensorFlow.js, corrected and clamped', async () => {
    const photo = photograph(64, 32);
    const { frames, motionsPixels } = await restorer.restore(photo);
    const constants = Object.fromEntries(
      Object.entries(values).map(([name, { values: list, shape }]) => [name, tensor(list, shape)]),
    );
    const blurred = tensor4d(photo.data, [1, 32, 64, 3]);
    const reference = photoFamily.declare(config).restore(blurred, frameTimes(7), constants);
    const correction = consistencyCorrection(blurred, reference.frames);
    expect(frames).toHaveLength(7);
    frames.forEach((frame, i) => {
      const expected = clamp(add(reference.frames[i]!, correction).dataSync());
      expect(largestDifference(frame, { width: 64, height: 32, data: expected })).toBeLessThan(1e-4);
      expect(largestDifference(frame, photo)).toBeGreaterThan(1e-3);
    });
    motionsPixels.forEach(({ data, width, stridePixels }, i) => {
      expect(width * stridePixels).toBe(64);
      const expected = reference.motionsPixels[i]!.dataSync();
      data.forEach((value, k) => expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-3));
    });
    expect(Math.max(...motionsPixels[6]!.data)).toBeGreaterThan(1e-2);
    expect(motionsPixels[3]!.data.every((value) => value === 0)).toBe(true);
  });

  test.each([
    [1, 1],
    [31, 7],
    [65, 33],
  ])("%dx%d: frames of the photograph's size, finite, in [0, 1]", async (width, height) => {
    const { frames, motionsPixels } = await restorer.restore(photograph(width, height));
    for (const frame of frames) {
      expect([frame.width, frame.height]).toEqual([width, height]);
      expect(frame.data.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    for (const motion of motionsPixels) expect(motion.width).toBe(Math.ceil(width / motion.stridePixels));
  });

  test('a photograph is analysed once: for its scale and its frames, and further frames of it', async () => {
    const analysed: number[] = [];
    const engine = watchedEngine((inputs, { inputShapes }) => {
      if (Object.keys(inputs).join() === 'blurred') analysed.push(inputShapes['blurred']![2]!);
    });
    const counted = await createRestorerOn(async () => engine, { weights });
    const photo = photograph(96, 48);
    const { scale } = await counted.restore(photo);
    expect(scale).toBe(1);
    expect(analysed).toEqual([96]);
    const later = await counted.restoreAt(photo, 0.25);
    const same = await counted.restoreAt({ ...photo, data: photo.data.slice() }, 0.25, { scale: 1 });
    expect(analysed).toHaveLength(1);
    expect(largestDifference(later.frame, same.frame)).toBe(0);
    photo.data[0] = photo.data[0]! / 2 + 0.2;
    await counted.restoreAt(photo, 0.25, { scale: 1 });
    expect(analysed).toEqual([96, 96]);
    // Nor is the scale kept of what the photograph was.
    photo.data.fill(0.5);
    await counted.restore(photo);
    expect(analysed).toEqual([96, 96, 96]);
    await counted.release();
  });

  test('holds no frames of a restoration that was stopped', async () => {
    let rendered = 0;
    const engine = watchedEngine((inputs) => {
      if (inputs['time']) rendered++;
    });
    const counted = await createRestorerOn(async () => engine, { weights, scale: 1 });
    const photo = photograph(64, 48);
    const stop = new AbortController();
    const stopped = counted.restore(photo, {
      onShare: (share) => share > 0.99 && stop.abort(),
      signal: stop.signal,
    });
    await expect(stopped).rejects.toThrow('aborted');
    expect(rendered).toBe(6);
    await counted.restore(photo);
    expect(rendered).toBe(12);
    await counted.release();
  });

  /** The weights, with which everything moves so many times as far. */
  const movingFurther = (times: number) =>
    photoFamily.writeWeights(
      Object.fromEntries(
        Object.entries(values).map(([name, { shape, values: all }]) => [
          name,
          { shape, values: name.startsWith('trajectory.predict') ? all.map((value) => times * value) : all },
        ]),
      ),
      config,
      { dtype: 'float32' },
    );

  test('long blur is restored at half the size too, and the mean taken', async () => {
    const photo = photograph(200, 193);
    const { motionsPixels } = await restorer.restore(photo, { times: [1] });
    const lengths = Array.from({ length: motionsPixels[0]!.data.length / 2 }, (_, i) =>
      Math.hypot(motionsPixels[0]!.data[2 * i]!, motionsPixels[0]!.data[2 * i + 1]!),
    );
    const furthest = lengths.sort((a, b) => a - b)[Math.floor(0.9 * lengths.length)]!;
    const times = [-1, -0.25, 0, 0.25, 1];
    const seeing = await createRestorer({ weights: movingFurther(9.5 / furthest) });
    const shares: number[] = [];
    const [whole, half, both] = [
      await seeing.restore(photo, { times, scale: 1 }),
      await seeing.restore(halfOf(photo), { times, scale: 1 }),
      await seeing.restore(photo, { times, onShare: (share) => shares.push(share) }),
    ];
    expect(both.scale).toBe(1);
    whole.frames.forEach((frame, i) => {
      const expected = nearHalfSize({ ...frame, data: frame.data.slice() }, half.frames[i]!, 0.5);
      expect(largestDifference(both.frames[i]!, expected)).toBe(0);
      expect(largestDifference(both.frames[i]!, frame)).toBeGreaterThan(1e-4);
      expect(both.motionsPixels[i]).toEqual(
        nearHalfSizeMotion(whole.motionsPixels[i]!, half.motionsPixels[i]!, 0.5),
      );
    });
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    // In several passes, the same.
    const scarce = await createRestorer({
      weights: movingFurther(9.5 / furthest),
      memoryBudgetBytes: 3 * 208 * 208 * readFrameNetwork(weights).memoryBytesPerPixel,
    });
    expect(await scarce.restore(photo, { frames: 25 })).toEqual(await seeing.restore(photo, { frames: 25 }));
    await scarce.release();
    await seeing.release();
  });

  test('one colour, in which no motion can be seen, is restored at full size, whatever the network says', async () => {
    const seeing = await createRestorer({ weights: movingFurther(1000) });
    const { width, height, data } = photograph(64, 48);
    expect((await seeing.restore({ width, height, data })).scale).toBeLessThan(1);
    expect((await seeing.restore({ width, height, data: data.map(() => 0.2) })).scale).toBe(1);
    await seeing.release();
  });

  test('another photograph of the same size needs no other sessions, where the budget holds them', async () => {
    const onProcessor = onnxRuntimeEngine();
    let opened = 0;
    const engine: ComputeEngine = {
      ...onProcessor,
      open(fn) {
        opened++;
        return onProcessor.open(fn);
      },
    };
    const first = photograph(320, 48);
    const second = { ...first, data: first.data.map((value) => 1 - value) };
    const openedWith = async (memoryBudgetBytes: number) => {
      const counted = await createRestorerOn(async () => engine, { weights, memoryBudgetBytes });
      await counted.restore(first);
      opened = 0;
      await counted.restore(second);
      await counted.release();
      return opened;
    };
    // The photograph itself and the copies on which its motion is looked for, all padded to 16 pixels.
    const sessionsBytes = (320 * 48 + 256 * 48 + 128 * 32) * readFrameNetwork(weights).memoryBytesPerPixel;
    const framesBytes = 7 * 12 * 320 * 48;
    expect(await openedWith(1.01 * (sessionsBytes + framesBytes))).toBe(0);
    expect(await openedWith(0.6 * (sessionsBytes + framesBytes))).toBeGreaterThan(0);
  });

  test('the same photograph gives the same bytes: again, from another restorer, and after other sizes', async () => {
    const photo = photograph(70, 40);
    const first = await restorer.restore(photo);
    const other = await createRestorer({ weights, scale: 1 });
    for (const side of [32, 64, 96, 128]) await other.restore(photograph(side, 32));
    for (const again of [await restorer.restore(photo), await other.restore(photo)]) {
      first.frames.forEach((frame, i) =>
        expect(Buffer.from(frame.data.buffer).equals(Buffer.from(again.frames[i]!.data.buffer))).toBe(true),
      );
    }
    await other.release();
  });

  test('once released, what came before is restored and what comes after refused', async () => {
    const refusal = new UnblurError('This restorer has been released: make another with createRestorer');
    const photo = photograph(48, 32);
    const short = await createRestorer({ weights, frames: 2 });
    const { frames: unread } = await short.restoreFrames(photo);
    const before = [short.restore(photo), short.restoreAt(photo, 0)] as const;
    const released = short.release();
    await expect(short.restore(photo)).rejects.toThrow(refusal);
    await released;
    expect((await before[0]).frames).toHaveLength(2);
    expect((await before[1]).time).toBe(0);
    await expect(unread.next()).rejects.toThrow(refusal);
    await short.release();
  });

  test.each([2, 4, 25])('any number of frames, evenly spaced: %d', async (count) => {
    const some = await createRestorer({ weights, frames: count, scale: 1 });
    const { frames } = await some.restore(photograph(48, 32));
    expect(frames).toHaveLength(count);
    expect(some.times).toEqual(frameTimes(count));
    const last = await some.restoreAt(photograph(48, 32), 1);
    expect(largestDifference(frames.at(-1)!, last.frame)).toBe(0);
    await some.release();
  });

  test('as many frames as a photograph is to have, evenly spaced, or those at its times, not both', async () => {
    const photo = photograph(48, 32);
    const { frames, motionsPixels } = await restorer.restore(photo, { frames: 5 });
    expect({ frames, motionsPixels, scale: 1 }).toEqual(
      await restorer.restore(photo, { times: [-1, -0.5, 0, 0.5, 1] }),
    );
    expect(frames).toHaveLength(5);
    const middle = await restorer.restore(photo, { frames: 1 });
    expect(middle.frames).toEqual([frames[2]]);
    await expect(restorer.restore(photo, { frames: 5, times: [-1] })).rejects.toThrow(
      new UnblurError(
        'Expected either frames or times but received both (frames: 5); leave out frames to have those at the times',
      ),
    );
    for (const wrong of [0, 2.5, '3']) {
      await expect(restorer.restore(photo, { frames: wrong as number })).rejects.toThrow(
        new UnblurError(
          `Expected a whole number of frames from 1 to 1001 but received ${JSON.stringify(wrong)}`,
        ),
      );
    }
  });

  test('the frame at any time, the same as among others', async () => {
    const photo = photograph(48, 32);
    const { frames, motionsPixels } = await restorer.restore(photo, { times: [0.25, -0.5, 0.7] });
    for (const [i, time] of [0.25, -0.5, 0.7].entries()) {
      const alone = await restorer.restoreAt(photo, time);
      expect(alone.time).toBe(time);
      expect(largestDifference(alone.frame, frames[i]!)).toBe(0);
      expect(alone.motionPixels).toEqual(motionsPixels[i]);
    }
    expect(largestDifference(frames[0]!, frames[1]!)).toBeGreaterThan(1e-3);
  });

  test('the frame at any time is the same as among others at a smaller scale too: what stood still is told by the whole exposure', async () => {
    const photo = photograph(64, 48);
    const { frames } = await restorer.restore(photo, { times: [-1, 0, 0.05, 1], scale: 1 / 2 });
    for (const [i, time] of [-1, 0, 0.05, 1].entries()) {
      expect(
        largestDifference((await restorer.restoreAt(photo, time, { scale: 1 / 2 })).frame, frames[i]!),
      ).toBe(0);
    }
  });

  test.each([
    ['brought to full size', { scale: 1 / 2 }],
    ['put together from tiles', { scale: 1, memoryBudgetBytes: 3e6 }],
  ] as const)('frames %s come as 16-bit integers to whoever asks for them', async (_, options) => {
    const large = await createRestorer({ weights, ...options });
    const photo = photograph(320, 192);
    const times = [-1, 0, 1];
    const { frames } = await large.restore(photo, { times });
    const asked: RestoreFramesOptions = { times, integers: true };
    const deep = await large.restoreFrames(photo, asked);
    for await (const { index, frame } of deep.frames) {
      // @ts-expect-error They may be integers, and the type says so.
      void (frame satisfies RgbImage);
      expect(frame.data).toBeInstanceOf(Uint16Array);
      expect(Float32Array.from(frame.data, (value) => value / 65535)).toEqual(frames[index]!.data);
    }
    await expect(large.restore(photo, { integers: true } as RestoreOptions)).rejects.toThrow(
      /^Expected options among .* but received 'integers'$/,
    );
    await large.release();
  });

  test('options that a prototype holds', async () => {
    const photo = photograph(32, 32);
    const inheriting = await createRestorer(Object.create({ weights, frames: 3 }) as RestorerOptions);
    expect(inheriting.times).toHaveLength(3);
    await inheriting.release();
    const options = Object.create({ frames: 3, signal: AbortSignal.abort() }) as RestoreOptions;
    await expect(restorer.restoreFrames(photo, options)).rejects.toThrow('aborted');
    await expect(restorer.restoreAt(photo, 0, options)).rejects.toThrow('aborted');
    const three = Object.create({ frames: 3 }) as RestoreOptions;
    expect((await restorer.restore(photo, three)).frames).toHaveLength(3);
  });

  test('frames that nobody takes hold nothing up', async () => {
    const { frames } = await restorer.restoreFrames(photograph(32, 32));
    await frames.return();
    await restorer.restoreFrames(photograph(32, 32));
    for await (const { frame } of (await restorer.restoreFrames(photograph(32, 32), { times: [0, 1] }))
      .frames) {
      expect((await restorer.restoreAt(frame, 0)).frame.width).toBe(32);
    }
  });

  test.each([[[]], [[undefined]], [['0.5']], [[0, 1.01]], [[0.5, 0.5]]])(
    'times %j are refused',
    async (times) => {
      await expect(restorer.restore(photograph(16, 16), { times: times as number[] })).rejects.toThrow(
        /^Expected times /,
      );
    },
  );

  test('with the mirror image too, a mirrored photograph gives the mirrored frames', async () => {
    const both = await createRestorer({ weights, mirrored: true, scale: 1 });
    const photo = photograph(64, 32);
    const mirror = ({ width, height, data }: RgbImage): RgbImage => ({
      width,
      height,
      data: data.map(
        (_, i) =>
          data[
            (Math.floor(i / (3 * width)) * width + width - 1 - (Math.floor(i / 3) % width)) * 3 + (i % 3)
          ]!,
      ),
    });
    const [frames, mirrored] = [
      (await both.restore(photo)).frames,
      (await both.restore(mirror(photo))).frames.map(mirror),
    ];
    const inOrder = Math.max(...frames.map((frame, i) => largestDifference(frame, mirrored[i]!)));
    const reversed = Math.max(
      ...frames.map((frame, i) => largestDifference(frame, mirrored[frames.length - 1 - i]!)),
    );
    expect(Math.min(inOrder, reversed)).toBeLessThan(1e-6);
    expect(largestDifference(frames[0]!, (await restorer.restore(photo)).frames[0]!)).toBeGreaterThan(1e-4);
    await both.release();
  });

  test('calls at once wait for each other', async () => {
    const results = await Promise.all(
      [32, 64, 96, 128, 160].map((side) => restorer.restore(photograph(side, 32))),
    );
    expect(results.map(({ frames }) => frames[0]!.width)).toEqual([32, 64, 96, 128, 160]);
  });

  test.each([new Error('the client is gone'), null])(
    'one that waits for others is rejected as soon as it is aborted: %p',
    async (reason) => {
      const events: string[] = [];
      const stop = new AbortController();
      const onShare = () => {
        events.push('a share of the first');
        stop.abort(reason);
      };
      const [, aborted, last] = await Promise.allSettled([
        restorer.restore(photograph(96, 96), { onShare }),
        restorer
          .restore(photograph(32, 32), { signal: stop.signal })
          .finally(() => events.push('the second is rejected')),
        restorer.restore(photograph(32, 32)),
      ]);
      expect(events.slice(0, 3)).toEqual([
        'a share of the first',
        'the second is rejected',
        'a share of the first',
      ]);
      expect(aborted).toEqual({ status: 'rejected', reason });
      expect(last.status).toBe('fulfilled');
    },
  );

  test.each([false, true])(
    'tells a growing fraction of the work (mirrored: %s), and stops when asked',
    async (mirrored) => {
      const shares: number[] = [];
      const other = await createRestorer({ weights, mirrored });
      await other.restore(photograph(32, 32), { onShare: (share) => shares.push(share) });
      await other.release();
      expect(shares.at(-1)).toBe(1);
      expect(shares.every((share, i) => share >= (shares[i - 1] ?? 0) && share <= 1)).toBe(true);
      expect(shares.length).toBeGreaterThan(5);
      await expect(
        restorer.restore(photograph(32, 32), { signal: AbortSignal.abort() }),
      ).rejects.toMatchObject({ name: 'AbortError' });
      expect((await restorer.restore(photograph(32, 32))).frames).toHaveLength(7);
    },
  );
});

describe('many frames within the memory budget', () => {
  test('are made in passes that hold every time together with its opposite', () => {
    expect(planPasses([-1, -0.5, 0, 0.5, 1], 4, { withEnds: false })).toEqual([
      { times: [-1, -0.5, 0.5, 1], wanted: [0, 1, 2, 3] },
      { times: [0], wanted: [0] },
    ]);
    expect(planPasses([0.5], 9, { withEnds: false })).toEqual([{ times: [-0.5, 0.5], wanted: [1] }]);
    expect(planPasses([0.5], 2, { withEnds: true })).toEqual([
      { times: [-1, 1], wanted: [] },
      { times: [-0.5, 0.5], wanted: [1] },
    ]);
    expect(planPasses(frameTimes(25), 7, { withEnds: false }).map(({ times }) => times.length)).toEqual([
      6, 6, 6, 6, 1,
    ]);
  });

  test('are the same as in one pass', async () => {
    const frugal = await createRestorer({ weights, scale: 1, memoryBudgetBytes: 64 * 64 * 6 * 4, frames: 9 });
    const generous = await createRestorer({ weights, scale: 1, frames: 9 });
    const photo = photograph(16, 16);
    const [few, all] = [await frugal.restore(photo), await generous.restore(photo)];
    few.frames.forEach((frame, i) => expect(largestDifference(frame, all.frames[i]!)).toBe(0));
    await frugal.release();
    await generous.release();
  });
});

test('a memory budget too small for any tile says how much more is needed', async () => {
  const starved = await createRestorer({ weights, memoryBudgetBytes: 1e5, scale: 1 });
  await expect(starved.restore(photograph(640, 160))).rejects.toThrow(
    /The memory budget allows tiles of \d+ pixels, .*; raise the memory budget at least \d+-fold/,
  );
});

describe('arguments that cannot be meant: one line', () => {
  test.each<[unknown, string]>([
    [
      'photo.jpg',
      'Expected an image as { width, height, data }, such as loadPhoto gives, but received a value of type string',
    ],
    [null, 'but received null'],
    [
      { width: 16, height: 16, data: new Float32Array(3) },
      'Expected 16x16x3 = 768 RGB values in an image but received 3',
    ],
    [
      { width: 16.5, height: 16, data: new Float32Array(792) },
      'sides of whole numbers of pixels but received 16.5x16',
    ],
    [{ width: 2, height: 2, data: new Uint8Array(12) }, 'as a Float32Array of values in [0, 1]'],
    [{ width: 2, height: 2, data: new Float32Array(12).fill(128) }, '(2x2) in [0, 1] but received 128'],
    [{ width: 2, height: 2, data: new Float32Array(12).fill(NaN) }, '(2x2) in [0, 1] but received NaN'],
  ])('as a photograph %#', async (photo, message) => {
    const failure = restorer.restore(photo as RgbImage);
    await expect(failure).rejects.toBeInstanceOf(UnblurError);
    await expect(failure).rejects.toThrow(message);
  });

  test('options that would do nothing', async () => {
    await expect(restorer.restoreAt(photograph(16, 16), 0, { frames: 3 } as never)).rejects.toThrow(
      "Expected options among onShare, scale, signal in a call such as restoreAt(photo, 0.5, { scale: 1 }) but received 'frames'",
    );
    await expect(restorer.restore(photograph(16, 16), { frame: 3 } as RestoreOptions)).rejects.toThrow(
      "Expected options among frames, times, onShare, scale, signal in a call such as restore(photo, { frames: 7 }) but received 'frame'",
    );
  });

  test.each<[object | null | undefined | string, string]>([
    [undefined, 'Expected options, such as createRestorer({ weights }), but received nothing'],
    [null, 'but received null'],
    ['weights.safetensors', 'but received a value of type string'],
    [weights, 'Expected options, such as createRestorer({ weights }), but received bytes by themselves'],
    [
      { weights, frame: 7 },
      "Expected options among weights, engine, threads, precision, memoryBudgetBytes, frames, mirrored, scale in a call such as createRestorer({ weights }) but received 'frame'",
    ],
    [
      { weights: 'weights.safetensors' },
      'These weights cannot be used. Expected the bytes of a .safetensors file, as a Uint8Array or an ArrayBuffer, but received a value of type string; read the file first',
    ],
    [{}, 'but received nothing'],
    [{ weights: Promise.resolve(weights) }, 'but received a promise'],
    [
      { weights: new Uint8Array(8), threads: 0 },
      'Expected a whole number of at least 1 for threads but received 0',
    ],
    [
      { weights: new Uint8Array(8), memoryBudgetBytes: 0 },
      'Expected a number above 0 for memoryBudgetBytes but received 0',
    ],
    [
      { weights: new Uint8Array(8), memoryBudgetBytes: '1e9' },
      'Expected a number above 0 for memoryBudgetBytes but received "1e9"',
    ],
    [{ weights, mirrored: 'no' }, 'Expected true or false for mirrored but received a value of type string'],
    [{ weights, scale: 0.3 }, "Expected 'auto', 1, 1/2, 1/4 or 1/8 for scale but received 0.3"],
    [{ weights, frames: 0 }, 'Expected a whole number of frames from 1 to 1001 but received 0'],
  ])('as an option %#', async (options, message) => {
    await expect(createRestorer(options as Parameters<typeof createRestorer>[0])).rejects.toThrow(message);
  });
});

describe('weights that cannot be used: one line', () => {
  async function failure(bytes: Uint8Array, frames?: number): Promise<string> {
    const error = (await createRestorer({ weights: bytes, frames }).catch(
      (cause: unknown) => cause,
    )) as UnblurError;
    expect(error).toBeInstanceOf(UnblurError);
    expect(error.message).not.toContain('\n');
    return error.message;
  }

  test('of another config: the names and shapes that differ', async () => {
    const name = Object.keys(values)[0]!;
    const tensors = Object.fromEntries(
      Object.entries(values).map(([key, { shape, values }]) => [
        key,
        { dtype: 'F32' as const, shape: key === name ? [...shape].reverse() : shape, values },
      ]),
    );
    const bytes = writeSafetensors({ tensors, metadata: { 'unblur.photo': JSON.stringify(config) } });
    expect(await failure(bytes)).toContain(
      `'${name}' is [${[...values[name]!.shape].reverse()}], not [${values[name]!.shape}]`,
    );
  });

  test('NaN', async () => {
    const tensors = Object.fromEntries(
      Object.entries(values).map(([key, { shape, values }], i) => [
        key,
        { dtype: 'F32' as const, shape, values: i === 1 ? values.map(() => NaN) : values },
      ]),
    );
    const bytes = writeSafetensors({ tensors, metadata: { 'unblur.photo': JSON.stringify(config) } });
    expect(await failure(bytes)).toMatch(
      /These weights cannot be used\. Expected finite weights but '.+' holds NaN/,
    );
  });

  test('no weights at all, cut short, of something else', async () => {
    expect(await failure(Buffer.from('not weights'))).toMatch(/^These weights cannot be used\. /);
    expect(await failure(weights.subarray(0, weights.length / 2))).toMatch(
      /^These weights cannot be used\. /,
    );
    expect(await failure(writeSafetensors({ tensors: {}, metadata: {} }))).toMatch(
      /weights of something else\.$/,
    );
    expect(
      await failure(writeSafetensors({ tensors: {}, metadata: { 'unblur.video-deblur': '{}' } })),
    ).toContain("weights of something else ('unblur.video-deblur')");
  });

  test.each<[keyof PhotoConfig, unknown]>([
    ['channels', [1e8, 64, 64, 64]],
    ['channels', null],
    ['bottleneckBlocks', 1e9],
    ['frameChannels', 0],
    ['encoderBlocks', [2, 2]],
    ['trajectoryBlocks', '2'],
  ])('that ask for an absurd %s, within a second', async (field, value) => {
    const start = performance.now();
    const bytes = writeSafetensors({
      tensors: {},
      metadata: { 'unblur.photo': JSON.stringify({ ...config, [field]: value }) },
    });
    expect(await failure(bytes)).toMatch(
      new RegExp(`^These weights cannot be used\\. Expected .*network\\.${field}`),
    );
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('the network of Argaw et al. as written', () => {
  const decoder = { upscaledChannels: [2, 2, 2, 2, 2], denseChannels: [[2], [2], [2], [2], [2]] };
  const paper = {
    ...paperPreset,
    frames: 5,
    encoderChannels: [2, 2, 2, 2, 2],
    middleDecoder: decoder,
    frameDecoder: decoder,
    refiner: [],
  };
  const paperWeights = paperFamily.writeWeights(paperFamily.initialWeights(paper, 3), paper, {
    dtype: 'float32',
  });

  test('has frames at times of its own, and some of them', async () => {
    const fixed = await createRestorer({ weights: paperWeights });
    expect([fixed.anyTime, fixed.knowsMotion]).toEqual([false, true]);
    expect(fixed.times).toEqual([-1, -0.5, 0, 0.5, 1]);
    const photo = photograph(40, 24);
    const { frames, scale } = await fixed.restore(photo);
    expect([frames.length, scale]).toEqual([5, 1]);
    const three = await createRestorer({ weights: paperWeights, frames: 3 });
    (await three.restore(photo)).frames.forEach((frame, i) =>
      expect(largestDifference(frame, frames[2 * i]!)).toBe(0),
    );
    expect((await fixed.restore(photo, { frames: 3 })).frames).toEqual([frames[0], frames[2], frames[4]]);
    await expect(fixed.restore(photo, { frames: 4 })).rejects.toThrow(
      'Expected 1 frame, the middle one, or 3 or 5 frames',
    );
    await expect(fixed.restoreAt(photo, 0.3)).rejects.toThrow(
      'Expected times at which this network has frames (-1, -0.5, 0, 0.5, 1) but received 0.3',
    );
    await expect(createRestorer({ weights: paperWeights, frames: 4 })).rejects.toThrow(
      'Expected 1 frame, the middle one, or 3 or 5 frames',
    );
    await fixed.release();
    await three.release();
  });
});

describe('the baseline of Jin et al.', () => {
  const part = { factor: 4, channels: 4, groups: [[[1, 2]]] as [number, number][][], refinementChannels: 4 };
  const extraction = {
    ...frameExtractionPresets.small,
    frames: 3,
    middle: part,
    innerPair: part,
    outerPair: part,
  };
  const extractionValues = frameExtractionFamily.initialWeights(extraction, 2);
  for (const [name, { values: weight }] of Object.entries(extractionValues)) {
    if (name.includes('predict')) weight.forEach((_, i) => (weight[i] = 0.1 * Math.sin(i + name.length)));
  }

  test('its weights are told apart by their file, and give what its networks give, without motion', async () => {
    const photo = photograph(30, 22);
    const baseline = await createRestorer({
      weights: frameExtractionFamily.writeWeights(extractionValues, extraction, { dtype: 'float32' }),
    });
    const { frames, motionsPixels } = await baseline.restore(photo);
    await baseline.release();
    expect(frames).toHaveLength(3);
    expect(motionsPixels.every(({ data }) => data.every((value) => value === 0))).toBe(true);
    expect(baseline.knowsMotion).toBe(false);

    // A size that needs no padding, for the comparison.
    const whole = photograph(32, 24);
    const constants = Object.fromEntries(
      Object.entries(extractionValues).map(([name, { values: weight, shape }]) => [
        name,
        tensor(weight, shape),
      ]),
    );
    const reference = frameExtractionFamily
      .declare(extraction)
      .extract(tensor4d(whole.data, [1, 24, 32, 3]), constants);
    const other = await createRestorer({
      weights: frameExtractionFamily.writeWeights(extractionValues, extraction, { dtype: 'float32' }),
    });
    const restored = await other.restore(whole);
    await other.release();
    restored.frames.forEach((frame, i) => {
      expect(
        largestDifference(frame, { width: 32, height: 24, data: clamp(reference[i]!.dataSync()) }),
      ).toBeLessThan(1e-4);
      expect(largestDifference(frame, whole)).toBeGreaterThan(1e-3);
    });
  });
});
