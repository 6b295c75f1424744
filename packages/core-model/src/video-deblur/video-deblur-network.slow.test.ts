import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { weightsWithoutGradient } from '../gradients.test-tool.js';
import { resizeFlow } from '../parts/motion-field.js';
import { halve } from '../parts/resolution.js';
import { largestDifference, shaken, tensorsOf } from '../tensors.test-tool.js';
import { videoDeblurMultiple, videoDeblurPresets, windowFrames } from './video-deblur-config.js';
import type { VideoDeblurConfig } from './video-deblur-config.js';
import { narrowedVideo } from './narrowed-video-deblur.test-tool.js';
import { videoDeblurFamily } from './video-deblur-network.js';

const variants: [string, VideoDeblurConfig][] = [
  ['paper', narrowedVideo('paper')],
  ['small', narrowedVideo('small')],
  [
    'small, one stage, the published reconstruction',
    { ...narrowedVideo('small', { stages: 1 }), reconstruction: narrowedVideo('paper').reconstruction },
  ],
  [
    'small, one stage, two scales',
    narrowedVideo('small', { stages: 1, scaleFusion: { scales: 2, channels: [3] } }),
  ],
  ['small, one stage, without the prior', narrowedVideo('small', { stages: 1, sharpnessPrior: 'none' })],
  [
    'small, one stage, the prior of Eq. 10 and 11',
    narrowedVideo('small', { stages: 1, sharpnessPrior: 'squared' }),
  ],
];

const randomWeights = (config: VideoDeblurConfig) => shaken(videoDeblurFamily.initialWeights(config, 1));

const clip = (config: VideoDeblurConfig, height: number, width: number, batch = 1) =>
  Array.from({ length: windowFrames(config) }, (_, frame) =>
    tf.randomUniform<tf.Rank.R4>([batch, height, width, 3], 0, 1, 'float32', frame + 1),
  );

describe.each(variants)('video deblurring (%s)', (_, config) => {
  const network = videoDeblurFamily.declare(config);
  const multiple = Math.max(32, videoDeblurMultiple(config));
  // Of the published reconstruction, a size that the flow network must resize.
  const [height, width] = videoDeblurMultiple(config) < 32 ? [24, 40] : [multiple, 64];

  test('returns finite images, flows and masks of the size of the frames', () => {
    const { image, firstStage, secondStage } = network.deblur(
      clip(config, height, width),
      randomWeights(config),
    );
    expect(image.shape).toEqual([1, height, width, 3]);
    expect(tf.all(tf.isFinite(image)).dataSync()[0]).toBe(1);
    expect(firstStage).toHaveLength(windowFrames(config) - 2);
    expect(firstStage[0]!.next.flowPixels.shape).toEqual([1, height, width, 2]);
    expect(secondStage === undefined).toBe(config.stages === 1);
    expect(firstStage[0]!.prior === undefined).toBe(config.sharpnessPrior === 'none');
  });

  test('treats the samples of a batch apart', () => {
    const weights = randomWeights(config);
    const [one, other] = [clip(config, multiple, multiple), clip(config, multiple, multiple).reverse()];
    const both = network.deblur(
      one.map((frame, index) => tf.concat([frame, other[index]!], 0)),
      weights,
    ).image;
    expect(
      largestDifference(
        tf.slice(both, [0, 0, 0, 0], [1, multiple, multiple, 3]),
        network.deblur(one, weights).image,
      ),
    ).toBeLessThan(1e-4);
    expect(
      largestDifference(
        tf.slice(both, [1, 0, 0, 0], [1, multiple, multiple, 3]),
        network.deblur(other, weights).image,
      ),
    ).toBeLessThan(1e-4);
  });

  test('gives every weight a gradient', async () => {
    const frames = clip(config, multiple, multiple);
    expect(
      await weightsWithoutGradient(randomWeights(config), (weights) =>
        tf.sum(tf.square(network.deblur(frames, weights).image)),
      ),
    ).toEqual([]);
  });
});

describe('video deblurring', () => {
  test.each<[string, Partial<VideoDeblurConfig>]>([
    ['two stages', {}],
    ['one stage, three scales', { stages: 1, scaleFusion: { scales: 3, channels: [3] } }],
  ])(
    'starts by giving the centre frame back where nothing moves and images are corrections: %s',
    (_, changes) => {
      const config = narrowedVideo('small', changes);
      const weights = tensorsOf(videoDeblurFamily.initialWeights(config, 1));
      const multiple = videoDeblurMultiple(config);
      const [still] = clip(config, multiple, multiple);
      expect(
        largestDifference(
          videoDeblurFamily.declare(config).deblur(
            Array.from({ length: windowFrames(config) }, () => still!),
            weights,
          ).image,
          still!,
        ),
      ).toBeLessThan(1e-6);
    },
  );

  test('finds on frames that it sees at half their size the flow between frames half as large, twice as long', () => {
    const config = narrowedVideo('small');
    const weights = randomWeights(config);
    const flowOf = (inputLevel: number | undefined, [first, second]: tf.Tensor4D[]) => {
      const { flow } = videoDeblurFamily.declare({ ...config, flow: { ...config.flow, inputLevel } });
      const [one, other] = [first!, second!].map((frame) => flow.describe(flow.resize(frame), weights));
      return flow.match(one!, other!, [first!.shape[1], first!.shape[2]], weights).flowPixels;
    };
    // A flow that is the same everywhere does not depend on how it is enlarged: grey frames.
    const frames = [0.3, 0.6].map((grey) => tf.fill<tf.Rank.R4>([1, 64, 96, 3], grey));
    const ofHalves = flowOf(
      undefined,
      frames.map((frame) => halve(frame as tf.Tensor4D)),
    );
    const [found, expected] = [flowOf(1, frames as tf.Tensor4D[]), resizeFlow(ofHalves, [64, 96])];
    expect(found.shape).toEqual([1, 64, 96, 2]);
    const inside = (flow: tf.Tensor4D) => tf.slice(flow, [0, 30, 46, 0], [1, 4, 4, 2]);
    expect(tf.max(tf.abs(inside(found))).dataSync()[0]).toBeGreaterThan(1e-3);
    expect(largestDifference(inside(found), inside(expected))).toBeLessThan(1e-4);
    expect(largestDifference(found, flowOf(0, frames as tf.Tensor4D[]))).toBeGreaterThan(1e-3);
  });

  test('takes a quarter of the work for the flow of frames that it sees at half their size', () => {
    const config = narrowedVideo('small');
    const workFor = (inputLevel: number) =>
      videoDeblurFamily
        .declare({ ...config, flow: { ...config.flow, inputLevel } })
        .costs.filter(({ name }) => name.startsWith('flow.'))
        .reduce((sum, { level, multiplyAddsPerOutputPixel: work }) => sum + work / 4 ** level!, 0);
    expect(workFor(0)).toBeGreaterThan(0);
    expect(workFor(1)).toBeCloseTo(workFor(0) / 4, 9);
  });

  test('refuses sizes that it cannot halve, windows of another length, and configs that do not hold together', () => {
    const config = narrowedVideo('small');
    expect(videoDeblurMultiple(narrowedVideo('paper'))).toBe(4);
    const network = videoDeblurFamily.declare(config);
    expect(videoDeblurMultiple(config)).toBe(32);
    expect(() => network.deblur(clip(config, 16, 32), randomWeights(config))).toThrow(
      'multiples of 32, but received',
    );
    expect(() => network.deblur(clip(config, 32, 32).slice(1), randomWeights(config))).toThrow(
      'Expected a window of 5 frames but received 4.',
    );
    expect(videoDeblurMultiple(videoDeblurPresets.small)).toBe(128);
    expect(videoDeblurMultiple({ ...config, scaleFusion: { scales: 3, channels: [3] } })).toBe(128);
    expect(() =>
      videoDeblurFamily.declare({ ...narrowedVideo('paper'), scaleFusion: { scales: 2, channels: [3] } }),
    ).toThrow(
      'null, or { scales (2 to 4), channels } (where the reconstruction has a middle decoder) for network.scaleFusion',
    );
    expect(() => videoDeblurFamily.declare({ ...config, stages: 3 as 2 })).toThrow(
      'Expected 1 or 2 for network.stages but received 3.',
    );
    expect(() =>
      videoDeblurFamily.declare({
        ...config,
        reconstruction: { ...config.reconstruction, refiner: 3 as never },
      }),
    ).toThrow('network.reconstruction.refiner');
    expect(() =>
      videoDeblurFamily.declare({
        ...config,
        flow: { ...config.flow, alignment: [{ level: 6, iterations: 1 }] },
      }),
    ).toThrow('a list of { level (0 to 5), iterations (1 to 16) } for network.flow.alignment but received');
    expect(() => videoDeblurFamily.declare({ ...config, flow: { ...config.flow, inputLevel: 0.5 } })).toThrow(
      'Expected nothing, or a level from 0 to 5 for network.flow.inputLevel but received 0.5.',
    );
    expect(() => videoDeblurFamily.declare({ ...config, flow: { ...config.flow, finestLevel: 5 } })).toThrow(
      'Expected a level from 1 to 4 for network.flow.finestLevel but received 5.',
    );
  });
});
