import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { videoDeblurFamily, type VideoDeblurConfig } from '@unblur/core-model';
import { mirrorRows, type RgbImage } from '@unblur/restoration';
import {
  livelyVideoWeights,
  movingWaves,
  tinyFusionConfig,
  tinyVideoConfig,
  tinyVideoFile,
} from '../../../restoration/src/video/tiny-video-network.test-tool.js';
import { largestDifference } from '../../../restoration/src/photo/tiny-network.test-tool.js';
import { createVideoDeblurrer } from './video-deblurrer.js';

/** Every frame by itself, from its whole window, on the tfjs `cpu` backend: the definition. */
function deblurByWindows(frames: RgbImage[], config: VideoDeblurConfig): RgbImage[] {
  const network = videoDeblurFamily.declare(config);
  const reach = config.stages;
  return tf.tidy(() => {
    const weights = Object.fromEntries(
      Object.entries(livelyVideoWeights(config)).map(([name, { values, shape }]) => [
        name,
        tf.tensor(values, shape),
      ]),
    );
    return frames.map(({ width, height }, centre) => {
      const window = Array.from(
        { length: 2 * reach + 1 },
        (_, offset) => frames[Math.min(frames.length - 1, Math.max(0, centre - reach + offset))]!,
      );
      const { image } = network.deblur(
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

describe('createVideoDeblurrer', () => {
  test.each<[string, Partial<VideoDeblurConfig>, number]>([
    ['two stages', {}, 6],
    ['two stages, a clip of two frames', {}, 2],
    ['one stage', { stages: 1 }, 4],
    ['without the sharpness prior', { sharpnessPrior: 'none' }, 3],
    ['two scales', { ...tinyFusionConfig, stages: 1 }, 2],
  ])('gives what every window by itself gives, with the ends repeated: %s', async (_, changes, count) => {
    const config = { ...tinyVideoConfig, ...changes };
    const multiple = videoDeblurFamily.sizeMultiple(config);
    const frames = movingWaves(Math.max(24, multiple), Math.max(16, multiple), count);
    const sharp = await collect(
      createVideoDeblurrer({ weights: tinyVideoFile(config), windowsOnly: true }).deblur(frames),
    );
    const expected = deblurByWindows(frames, config);
    expect(sharp).toHaveLength(count);
    sharp.forEach((frame, index) => expect(largestDifference(frame, expected[index]!)).toBeLessThan(1e-4));
    expect(largestDifference(sharp[0]!, frames[0]!)).toBeGreaterThan(0.01);
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
      await collect(createVideoDeblurrer({ weights }).deblur(frames)),
      mirror(await collect(createVideoDeblurrer({ weights }).deblur(mirror(frames)))),
    ];
    const averaged = await collect(createVideoDeblurrer({ weights, mirrored: true }).deblur(frames));
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

  test('makes shots sharp as if each were a clip, repeated frames once, and any part like the whole', async () => {
    const { deblur } = createVideoDeblurrer({ weights: tinyVideoFile() });
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
  });

  test('takes any size and gives it back', async () => {
    const [first] = await collect(
      createVideoDeblurrer({ weights: tinyVideoFile() }).deblur(movingWaves(29, 13, 3)),
    );
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
    const whole = await collect(createVideoDeblurrer({ weights }).deblur(frames));
    const tiled = await collect(
      createVideoDeblurrer({ weights, memoryBudgetBytes: 24 * 500 * 264 }).deblur(frames),
    );
    expect(tiled).toHaveLength(3);
    expect(tiled[0]!.width).toBe(640);
    expect(largestDifference(tiled[1]!, whole[1]!)).toBeLessThan(1e-3);
  });

  test('refuses frames of another size and weights of another network', async () => {
    const { deblur } = createVideoDeblurrer({ weights: tinyVideoFile() });
    await expect(collect(deblur([...movingWaves(16, 16, 2), ...movingWaves(24, 16, 1)]))).rejects.toThrow(
      'Expected frames of one size, 16x16 like the first, but one is 24x16',
    );
    expect(() => createVideoDeblurrer({ weights: new Uint8Array(3) })).toThrow(
      'These weights cannot be used.',
    );
  });
});
