import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import {
  clipFamily,
  clipFrames,
  paperFamily,
  photoFamily,
  videoDeblurFamily,
  windowFrames,
  writeSafetensors,
  type ClipConfig,
  type NamedTensors,
  type VideoDeblurConfig,
  type WeightValues,
} from '@unblur/core-model';
import {
  createVideoDeblurrer as createOnEngine,
  mirrorRows,
  multiplyAddsPerPixel,
  type RgbImage,
  type VideoWeights,
} from '@unblur/restoration';
import { ChangeShares } from '../../../restoration/src/video/change-shares.js';
import { readVideoNetworks } from '../../../restoration/src/video/video-families.js';
import { narrowedClip } from '../../../core-model/src/clip/narrowed-clip.test-tool.js';
import {
  livelyClipWeights,
  livelyVideoWeights,
  movingWaves,
  tinyClipFile,
  tinyFusionConfig,
  tinyVideoConfig,
  tinyVideoFile,
} from '../../../restoration/src/video/tiny-video-network.test-tool.js';
import {
  filledWeights,
  largestDifference,
  tinyConfig,
  tinyWeights,
} from '../../../restoration/src/photo/tiny-network.test-tool.js';
import { onnxRuntimeEngine } from '../onnx-engine.js';
import { createVideoDeblurrer } from './video-deblurrer.js';

/** A network as its definition has it: a frame from the whole window around it. */
interface Definition {
  values: WeightValues;
  window: number;
  restore(window: tf.Tensor4D[], weights: NamedTensors): tf.Tensor4D;
}

const videoDefinition = (config: VideoDeblurConfig): Definition => ({
  values: livelyVideoWeights(config),
  window: windowFrames(config),
  restore: (window, weights) => videoDeblurFamily.declare(config).deblur(window, weights).image,
});
const clipDefinition = (config: ClipConfig): Definition => ({
  values: livelyClipWeights(config),
  window: clipFrames(config),
  restore: (window, weights) => clipFamily.declare(config).deblur(window, weights).at(-1)![0]!.image,
});
const photoDefinition: Definition = {
  values: filledWeights(tinyConfig),
  window: 1,
  restore: ([frame], weights) => photoFamily.declare(tinyConfig).analyze(frame!, weights).middle,
};

/** Every frame by itself, from its whole window, on the tfjs `cpu` backend. */
function deblurByWindows(
  frames: RgbImage[],
  { values: ofWeights, window: count, restore }: Definition,
): RgbImage[] {
  const reach = (count - 1) / 2;
  return tf.tidy(() => {
    const weights = Object.fromEntries(
      Object.entries(ofWeights).map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]),
    );
    return frames.map(({ width, height }, centre) => {
      const window = Array.from(
        { length: count },
        (_, offset) => frames[Math.min(frames.length - 1, Math.max(0, centre - reach + offset))]!,
      );
      const image = restore(
        window.map(({ data }) => tf.tensor4d(data, [1, height, width, 3])),
        weights,
      );
      return { width, height, data: tf.clipByValue(image, 0, 1).dataSync<'float32'>().slice() };
    });
  });
}

/** Weights that find no motion anywhere. */
function withoutFlow(weights: ReturnType<typeof livelyVideoWeights>): ReturnType<typeof livelyVideoWeights> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [
      name,
      name.startsWith('flow.') ? { ...weight, values: new Float32Array(weight.values.length) } : weight,
    ]),
  );
}

async function collect(frames: AsyncIterable<RgbImage>): Promise<RgbImage[]> {
  const list: RgbImage[] = [];
  for await (const frame of frames) list.push(frame);
  return list;
}

const tinyFiles = [
  ['video-deblur', tinyVideoFile()],
  ['clip', tinyClipFile()],
  ['photo', tinyWeights()],
  // The second one looks farther.
  ['photo and video-deblur', [tinyWeights(), tinyVideoFile({ ...tinyVideoConfig, stages: 1 })]],
] as const;

describe('createVideoDeblurrer', () => {
  const video = (changes: Partial<VideoDeblurConfig>) => {
    const config = { ...tinyVideoConfig, ...changes };
    return {
      file: tinyVideoFile(config),
      definition: videoDefinition(config),
      size: [24, 16] as [number, number],
    };
  };
  const clip = (changes: Partial<ClipConfig>) => {
    const config = narrowedClip(changes);
    return {
      file: tinyClipFile(config),
      definition: clipDefinition(config),
      size: [32, 16] as [number, number],
    };
  };
  const scales = videoDeblurFamily.sizeMultiple(tinyFusionConfig);

  test.each([
    ['video-deblur, two stages', video({}), 6],
    ['video-deblur, two stages, a clip of two frames', video({}), 2],
    ['video-deblur, one stage', video({ stages: 1 }), 4],
    ['video-deblur, without the sharpness prior', video({ sharpnessPrior: 'none' }), 3],
    [
      'video-deblur, two scales',
      { ...video({ ...tinyFusionConfig, stages: 1 }), size: [scales, scales] as [number, number] },
      2,
    ],
    ['clip, three frames', clip({}), 4],
    ['clip, five frames, of which there are two', clip({ windowFrames: 5 }), 2],
    ['clip, two passes', clip({ passes: 2 }), 4],
    ['clip, two passes of five frames', clip({ windowFrames: 5, passes: 2 }), 2],
    ['clip, without the sharpness prior', clip({ sharpnessPrior: 'none' }), 3],
    ['clip, without neighbours', clip({ neighbours: 'none' }), 2],
    ['photo', { file: tinyWeights(), definition: photoDefinition, size: [32, 16] as [number, number] }, 3],
  ])('gives what every window by itself gives, with the ends repeated: %s', async (name, network, count) => {
    const frames = movingWaves(...network.size, count);
    const sharp = await collect(
      createVideoDeblurrer({ weights: network.file, windowsOnly: true }).deblur(frames),
    );
    const expected = deblurByWindows(frames, network.definition);
    expect(sharp).toHaveLength(count);
    // The clip network's second pass finds motion in what the first has rounded.
    const tolerance = name.startsWith('clip, two passes') ? 4e-4 : 1e-4;
    sharp.forEach((frame, index) =>
      expect(largestDifference(frame, expected[index]!)).toBeLessThan(tolerance),
    );
    expect(largestDifference(sharp[0]!, frames[0]!)).toBeGreaterThan(0.01);
  });

  test.each([
    [1, 5],
    // The second pass sees what the first makes of the clip and of one frame beyond either end.
    [2, 5 + 7],
  ] as const)('a pass of the clip network describes every frame once: %d', async (passes, descriptions) => {
    const engine = onnxRuntimeEngine('onnxruntime', { threads: 1 });
    let described = 0;
    const counting: typeof engine = {
      ...engine,
      async open(fn) {
        const opened = await engine.open(fn);
        const describes = Object.keys(fn.inputShapes).join() === 'frame';
        return {
          ...opened,
          run(inputs) {
            if (describes) described += 1;
            return opened.run(inputs);
          },
        };
      },
    };
    const weights = tinyClipFile(narrowedClip({ passes }));
    const sharp = await collect(createOnEngine({ weights, engine: counting }).deblur(movingWaves(32, 16, 5)));
    expect([sharp.length, described]).toEqual([5, descriptions]);
  });

  test('tells what a frame takes: every pass, and every neighbour of the clip network', () => {
    const work = (config: Parameters<typeof narrowedClip>[0]) =>
      createVideoDeblurrer({ weights: tinyClipFile(narrowedClip(config)) }).multiplyAddsPerPixel;
    const { costs } = clipFamily.declare(narrowedClip({}));
    expect(work({ passes: 2 })).toBe(2 * work({ passes: 1 }));
    expect(work({})).toBeGreaterThan(multiplyAddsPerPixel(costs));
  });

  test.each(tinyFiles)(
    '%s: leaves what does not move as it is, unless windows alone count',
    async (_, weights) => {
      const frames = movingWaves(80, 16, 4).map((frame) => ({
        ...frame,
        data: frame.data.map((value, i) => (Math.floor(i / 3) % 80 < 48 ? (i % 7) / 10 : value)),
      }));
      const largestChange = (sharp: RgbImage[], isCounted: (x: number) => boolean) =>
        Math.max(
          ...sharp.flatMap(({ data }, frame) =>
            [...data].map((value, i) =>
              isCounted(Math.floor(i / 3) % 80) ? Math.abs(value - frames[frame]!.data[i]!) : 0,
            ),
          ),
        );
      const kept = await collect(createVideoDeblurrer({ weights }).deblur(frames));
      expect(kept).toHaveLength(4);
      expect(largestChange(kept, (x) => x < 16)).toBe(0);
      expect(largestChange(kept, (x) => x > 64)).toBeGreaterThan(0.01);
      const changed = await collect(createVideoDeblurrer({ weights, windowsOnly: true }).deblur(frames));
      expect(largestChange(changed, (x) => x < 16)).toBeGreaterThan(0.01);
    },
  );

  test('averages what several networks make of a frame', async () => {
    const [width, height] = [48, 32];
    const frames = movingWaves(width, height, 7).map(({ data }) => data);
    // Which look at none, one and two frames on either side.
    const files = [
      tinyWeights(),
      tinyVideoFile({ ...tinyVideoConfig, stages: 1 }),
      tinyClipFile(narrowedClip({ windowFrames: 5 })),
    ];
    /** What comes out, not clamped. */
    const restored = async (weights: VideoWeights) => {
      const opened = await readVideoNetworks(weights, false).open(
        width,
        height,
        onnxRuntimeEngine('onnxruntime', { threads: 1 }),
      );
      const pass = opened.startPass();
      const images: Float32Array[] = [];
      for (const frame of frames) {
        const image = await pass.push(frame);
        if (image) images.push(image.slice());
      }
      await opened.release();
      return images;
    };
    const averaged = await restored(files);
    const alone: Float32Array[][] = [];
    for (const [reach, file] of files.entries()) {
      const images = await restored(file);
      expect(images).toHaveLength(7 - 2 * reach);
      alone.push(images.slice(2 - reach, 5 - reach));
    }
    expect(averaged).toHaveLength(3);
    const asImage = (data: Float32Array) => ({ width, height, data });
    averaged.forEach((image, index) => {
      const images = alone.map((ofOne) => ofOne[index]!.slice());
      for (const each of images) {
        expect(largestDifference(asImage(image), asImage(each))).toBeGreaterThan(0.005);
      }
      const expected = new ChangeShares(width, height, 3).average(frames[index + 2]!, images);
      expect(largestDifference(asImage(image), asImage(expected))).toBeLessThan(1e-4);
    });
    const [first, ...others] = files.map((weights) => createVideoDeblurrer({ weights }));
    const { multiplyAddsPerPixel, config } = createVideoDeblurrer({ weights: files });
    expect(config).toEqual(first!.config);
    expect(multiplyAddsPerPixel).toBe(
      others.reduce((sum, each) => sum + each.multiplyAddsPerPixel, first!.multiplyAddsPerPixel),
    );
  });

  test('gives the mean with the mirror image where it is asked for', async () => {
    const config: VideoDeblurConfig = {
      ...tinyVideoConfig,
      stages: 1,
      flow: { ...tinyVideoConfig.flow, alignment: [] },
    };
    const weights = videoDeblurFamily.writeWeights(withoutFlow(livelyVideoWeights(config)), config, {
      dtype: 'float32',
    });
    const frames = movingWaves(24, 16, 4);
    const mirror = (clip: RgbImage[]) =>
      clip.map((frame) => ({ ...frame, data: mirrorRows(frame.data, frame.width, 3) }));
    const [plain, ofMirrored] = [
      await collect(createVideoDeblurrer({ weights, windowsOnly: true }).deblur(frames)),
      mirror(await collect(createVideoDeblurrer({ weights, windowsOnly: true }).deblur(mirror(frames)))),
    ];
    const averaged = await collect(
      createVideoDeblurrer({ weights, mirrored: true, windowsOnly: true }).deblur(frames),
    );
    averaged.forEach((frame, index) => {
      const [seen, other] = [plain[index]!.data, ofMirrored[index]!.data];
      // Results are clamped before they come out, but averaged before that.
      frame.data.forEach((value, i) => {
        if ([seen[i]!, other[i]!].every((each) => each > 0 && each < 1)) {
          expect(value).toBeCloseTo((seen[i]! + other[i]!) / 2, 5);
        }
      });
    });
    expect(largestDifference(averaged[1]!, plain[1]!)).toBeGreaterThan(0.005);
  });

  test.each([
    ['clip', tinyClipFile()],
    ['clip, two passes', tinyClipFile(narrowedClip({ passes: 2 }))],
    ['photo', tinyWeights()],
    ['photo and clip', [tinyWeights(), tinyClipFile()]],
  ])('%s: mirror images go in, and come back mirrored', async (_, weights) => {
    const frames = movingWaves(24, 16, 4);
    const mirror = (images: RgbImage[]) =>
      images.map((frame) => ({ ...frame, data: mirrorRows(frame.data, frame.width, 3) }));
    const { deblur } = createVideoDeblurrer({ weights, mirrored: true });
    const averaged = await collect(deblur(frames));
    const ofMirrored = mirror(await collect(deblur(mirror(frames))));
    averaged.forEach((frame, index) =>
      expect(largestDifference(frame, ofMirrored[index]!)).toBeLessThan(1e-4),
    );
    const plain = await collect(createVideoDeblurrer({ weights }).deblur(frames));
    expect(largestDifference(averaged[1]!, plain[1]!)).toBeGreaterThan(0.005);
  });

  test.each(tinyFiles)(
    '%s: makes shots sharp as if each were a clip, repeated frames once, and any part like the whole',
    async (_, weights) => {
      const { deblur } = createVideoDeblurrer({ weights });
      const first = movingWaves(24, 16, 5);
      const second = movingWaves(24, 16, 6).map((frame) => ({
        ...frame,
        data: frame.data.map((_, i) => (Math.floor(i / 12) % 2) * frame.data[(i * 7) % frame.data.length]!),
      }));
      const whole = await collect(
        deblur([...first, ...second.flatMap((frame, i) => (i % 2 === 0 ? [frame] : [frame, frame, frame]))]),
      );
      const apart = [...(await collect(deblur(first))), ...(await collect(deblur(second)))];
      const shown = [0, 1, 2, 3, 4, 5, 6, 6, 6, 7, 8, 8, 8, 9, 10, 10, 10];
      expect(whole.map(({ data }) => data)).toEqual(shown.map((index) => apart[index]!.data));
      const clip = [...first, ...second];
      for (const from of [1, 7]) {
        const part = await collect(deblur(clip, { from }));
        expect(part.map(({ data }) => data)).toEqual(apart.slice(from).map(({ data }) => data));
      }
    },
  );

  test.each(tinyFiles)('%s: takes any size and gives it back', async (_, weights) => {
    const [first] = await collect(createVideoDeblurrer({ weights }).deblur(movingWaves(29, 13, 3)));
    expect([first!.width, first!.height, first!.data.length]).toEqual([29, 13, 29 * 13 * 3]);
  });

  test('works in tiles where memory is short, without a seam', async () => {
    // Nothing but the reconstruction, which sees less far than tiles overlap.
    const config: VideoDeblurConfig = {
      ...tinyVideoConfig,
      stages: 1,
      flow: { ...tinyVideoConfig.flow, alignment: [] },
      sharpnessPrior: 'none',
    };
    const weights = videoDeblurFamily.writeWeights(withoutFlow(livelyVideoWeights(config)), config, {
      dtype: 'float32',
    });
    const frames = movingWaves(640, 24, 3);
    const whole = await collect(createVideoDeblurrer({ weights, windowsOnly: true }).deblur(frames));
    const tiled = await collect(
      createVideoDeblurrer({ weights, memoryBudgetBytes: 24 * 500 * 264, windowsOnly: true }).deblur(frames),
    );
    expect(tiled).toHaveLength(3);
    expect(tiled[0]!.width).toBe(640);
    expect(largestDifference(tiled[1]!, whole[1]!)).toBeLessThan(1e-3);
  });

  test('refuses frames of another size or of 8-bit values, and weights of another network', async () => {
    const { deblur } = createVideoDeblurrer({ weights: tinyVideoFile() });
    await expect(collect(deblur([...movingWaves(16, 16, 2), ...movingWaves(24, 16, 1)]))).rejects.toThrow(
      'Expected frames of one size, 16x16 like the first, but one is 24x16',
    );
    const levels = movingWaves(16, 16, 3);
    levels[2]!.data[0] = 255;
    await expect(collect(deblur(levels))).rejects.toThrow(
      'Expected the values of frame 2 (16x16) in [0, 1] but received 255 in column 0, row 0',
    );
    await expect(collect(deblur(levels[0] as never))).rejects.toThrow(
      'Expected frames, as a list of images or a stream such as readFrames gives, but received one image by itself',
    );
    await expect(collect(deblur(undefined as never))).rejects.toThrow(
      'but received a value of type undefined',
    );
    for (const [options, received] of [
      [{ start: 1 }, /^Expected options among overwrites, from in .* but received 'start'$/],
      [{ from: -1 }, 'Expected a whole number of at least 0 for from but received -1'],
      [{ from: '1' }, 'Expected a whole number of at least 0 for from but received "1"'],
      [null, /^Expected options, .* but received null$/],
    ] as const) {
      await expect(collect(deblur(movingWaves(16, 16, 2), options as never))).rejects.toThrow(received);
    }
    expect(() => createVideoDeblurrer({ weights: new Uint8Array(3) })).toThrow(
      'These weights cannot be used.',
    );
    const withNothing = createVideoDeblurrer as () => unknown;
    expect(withNothing).toThrow(
      'Expected options, such as createVideoDeblurrer({ weights }), but received nothing',
    );
    expect(() => createVideoDeblurrer({ weights: [] })).toThrow(
      'Expected weights but received an empty list',
    );
    expect(() => createVideoDeblurrer({ weights: [tinyWeights(), tinyVideoFile()] })).toThrow(
      'These weights cannot be used. Expected networks that go over a clip once, to average them, but number 2 goes over it 2 times; use its weights alone',
    );
    expect(() => createVideoDeblurrer({ weights: [tinyWeights(), new Uint8Array(3)] })).toThrow(
      'These weights cannot be used. Number 2 of them: ',
    );
    const paper = writeSafetensors({ tensors: {}, metadata: { [paperFamily.configKey]: '{}' } });
    expect(() => createVideoDeblurrer({ weights: paper })).toThrow(
      "These weights cannot be used. Expected weights of a network for video (video-deblur, clip) or for photographs (photo) but received those of another ('unblur.paper')",
    );
  });
});
