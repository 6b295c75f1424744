import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { weightsWithoutGradient } from '../gradients.test-tool.js';
import { largestDifference, randomImage, shaken, tensorsOf } from '../tensors.test-tool.js';
import { packColours, unpackColours } from './frame-extraction-network.js';
import { frameExtractionMultiple, frameExtractionPresets } from './frame-extraction-config.js';
import type { ExtractorConfig, FrameExtractionConfig } from './frame-extraction-config.js';
import { frameExtractionFamily } from './frame-extraction-network.js';

/** With its groups and frames, but for widths and blocks. */
function narrowed(
  preset: 'paper' | 'small',
  changes: Partial<FrameExtractionConfig> = {},
): FrameExtractionConfig {
  const narrow = ({ factor, groups }: ExtractorConfig): ExtractorConfig => ({
    factor,
    channels: 6,
    groups: groups.map(() => [[1, 2]]),
    refinementChannels: 6,
  });
  const { frames, middle, innerPair, outerPair } = frameExtractionPresets[preset];
  return {
    frames,
    middle: narrow(middle),
    innerPair: narrow(innerPair),
    outerPair: narrow(outerPair),
    ...changes,
  };
}

const blurred = (height = 8, width = 8) => randomImage([height, width]);

const randomWeights = (config: FrameExtractionConfig) =>
  shaken(frameExtractionFamily.initialWeights(config, 1), 0.1);

test('colours as planes: pixel (row, column) of a colour is channel row * factor + column of its own image', () => {
  const image = tf.reshape(tf.range(0, 4 * 4 * 3), [1, 4, 4, 3]) as tf.Tensor4D;
  const planes = packColours(image, 2);
  expect(planes.shape).toEqual([3, 2, 2, 4]);
  // Green (1) of the pixels (2..3, 0..1): value 3 (4 row + column) + 1.
  expect(Array.from(tf.slice(planes, [1, 1, 0, 0], [1, 1, 1, 4]).dataSync())).toEqual([25, 28, 37, 40]);
  expect(largestDifference(unpackColours(planes, 2), image)).toBe(0);
});

describe.each([
  ['paper', narrowed('paper')],
  ['small', narrowed('small')],
  ['small, 3 frames', narrowed('small', { frames: 3 })],
])('frame extraction (%s)', (_, config) => {
  const network = frameExtractionFamily.declare(config);

  test('starts by giving the blurred image back as every frame', () => {
    const weights = tensorsOf(frameExtractionFamily.initialWeights(config, 1));
    const image = blurred();
    const frames = network.extract(image, weights);
    expect(frames).toHaveLength(config.frames);
    for (const frame of frames) expect(largestDifference(frame, image)).toBe(0);
  });

  test('gives every weight a gradient', async () => {
    const image = blurred();
    expect(
      await weightsWithoutGradient(randomWeights(config), (weights) =>
        tf.addN(network.extract(image, weights).map((frame) => tf.sum(tf.square(frame)))),
      ),
    ).toEqual([]);
  });

  test('has stages that share no weight, and pairs that depend on those up to theirs alone', () => {
    expect(network.stages.flat().sort()).toEqual(Object.keys(network.weights).sort());
    expect(network.stages).toHaveLength((config.frames + 1) / 2);
    const weights = randomWeights(config);
    const image = blurred();
    const onlyMiddle = network.extract(
      image,
      Object.fromEntries(network.stages[0]!.map((name) => [name, weights[name]!])),
      0,
    );
    const all = network.extract(image, weights);
    expect(onlyMiddle).toHaveLength(1);
    expect(largestDifference(onlyMiddle[0]!, all[(config.frames - 1) / 2]!)).toBe(0);
  });

  test('makes opposite frames by different means', () => {
    const frames = network.extract(blurred(), randomWeights(config));
    expect(largestDifference(frames[0]!, frames.at(-1)!)).toBeGreaterThan(0);
  });
});

describe('frame extraction', () => {
  test('names what does not fit', () => {
    expect(() => frameExtractionFamily.declare(narrowed('small', { frames: 4 }))).toThrow(
      'an odd number of frames, 3 or more and at most 31, for network.frames but received 4',
    );
    const { outerPair } = narrowed('small');
    expect(() =>
      frameExtractionFamily.declare(narrowed('small', { outerPair: { ...outerPair, groups: [] } })),
    ).toThrow('network.outerPair.groups');
    expect(frameExtractionMultiple(narrowed('small', { outerPair: { ...outerPair, factor: 6 } }))).toBe(12);
    expect(() => frameExtractionFamily.declare(narrowed('small')).extract(blurred(6, 8), {})).toThrow(
      'multiples of 4, but received [1,6,8,3]',
    );
  });
});
