import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { openGradients } from '../gradients.test-tool.js';
import { photoPreset } from '../photo/photo-config.js';
import { photoFamily } from '../photo/photo-network.js';
import { largestDifference, largestValue, randomImage, shaken, tensorsOf } from '../tensors.test-tool.js';
import { clipFrames, clipPreset } from './clip-config.js';
import type { ClipConfig } from './clip-config.js';
import { clipFamily } from './clip-network.js';
import type { RestoredFrame } from './clip-network.js';

/** One block of everything, at widths that the `cpu` backend runs in a moment. */
const narrow: ClipConfig = {
  ...clipPreset,
  windowFrames: 3,
  frameChannels: 3,
  windowChannels: 3,
  windowBlocks: 1,
  motionChannels: 3,
  motionBlocks: 1,
  searchRadiusPixels: 1,
  channels: [3, 4, 3, 4],
  encoderBlocks: [1, 1, 1],
  bottleneckBlocks: 1,
  decoderBlocks: [1, 1, 1],
};

const framesOf = (config: ClipConfig, size: [number, number] = [16, 32], batch = 1) =>
  Array.from({ length: clipFrames(config) }, (_, index) => randomImage(size, { seed: index + 1, batch }));

const randomWeights = (config: ClipConfig) => shaken(clipFamily.initialWeights(config, 1), 0.1);

/** Every idea of the network, switched. */
const variants: [string, ClipConfig][] = [
  ['three frames', narrow],
  ['five frames', { ...narrow, windowFrames: 5 }],
  ['two passes', { ...narrow, passes: 2 }],
  ['features that stay where they are', { ...narrow, neighbours: 'unmoved' }],
  ['a frame by itself', { ...narrow, neighbours: 'none' }],
  ['without the prior', { ...narrow, sharpnessPrior: 'none' }],
  ["the authors' prior", { ...narrow, sharpnessPrior: 'root' }],
];

describe.each(variants)('%s', (_, config) => {
  const network = clipFamily.declare(config);
  const alone = config.neighbours === 'none';

  test('start by giving the centre frame back, with nothing moving', () => {
    const frames = framesOf(config);
    const passes = network.deblur(frames, tensorsOf(clipFamily.initialWeights(config, 1)));
    expect(passes.map(({ length }) => length)).toEqual(config.passes === 1 ? [1] : [3, 1]);
    const [restored] = passes.at(-1)!;
    expect(largestDifference(restored!.image, frames[(frames.length - 1) / 2]!)).toBe(0);
    const ofNeighbours = (height: number) =>
      Array.from({ length: config.windowFrames - 1 }, () => [1, height, 2 * height, 2]);
    expect(restored!.motionsPixels.map((level) => level.map(({ shape }) => shape))).toEqual(
      alone ? [] : [1, 2, 4].map(ofNeighbours),
    );
    expect(Math.max(0, ...restored!.motionsPixels.flat().map(largestValue))).toBe(0);
    const hasPrior = !alone && config.sharpnessPrior !== 'none';
    expect(restored!.prior?.shape).toEqual(hasPrior ? [1, 16, 32, 1] : undefined);
  });

  test('restore the samples of a batch each as if alone', () => {
    const weights = randomWeights(config);
    const frames = framesOf(config, [16, 16], 2);
    const last = (seen: tf.Tensor4D[]) => network.deblur(seen, weights).at(-1)![0]!;
    const together = last(frames);
    const sample = (x: tf.Tensor4D, index: number) => tf.slice(x, [index, 0, 0, 0], [1, -1, -1, -1]);
    for (const index of [0, 1]) {
      const itself = last(frames.map((frame) => sample(frame, index)));
      expect(largestDifference(sample(together.image, index), itself.image)).toBeLessThan(1e-5);
      itself.motionsPixels
        .flat()
        .forEach((motion, place) =>
          expect(
            largestDifference(sample(together.motionsPixels.flat()[place]!, index), motion),
          ).toBeLessThan(1e-5),
        );
    }
  });
});

test('a frame is described once for every window that sees it', () => {
  const network = clipFamily.declare({ ...narrow, windowFrames: 5 });
  const weights = randomWeights(network.config);
  const frames = Array.from({ length: 6 }, (_, index) => randomImage([16, 32], { seed: index + 1 }));
  const described = frames.map((frame) => network.describe(frame, weights));
  for (const first of [0, 1]) {
    const [[alone]] = network.deblur(frames.slice(first, first + 5), weights) as [[RestoredFrame]];
    const shared = network.restore(described.slice(first, first + 5), weights);
    expect(largestDifference(shared.image, alone.image)).toBe(0);
  }
});

test('begins as the photo network: its weights give the middle frame of a photograph', () => {
  const photo = photoFamily.declare({
    ...photoPreset,
    channels: narrow.channels,
    encoderBlocks: narrow.encoderBlocks,
    bottleneckBlocks: narrow.bottleneckBlocks,
    decoderBlocks: narrow.decoderBlocks,
  });
  const ofPhoto = shaken(photoFamily.initialWeights(photo.config, 2), 0.1);
  const shared = Object.keys(photo.weights).filter((name) => !/^(trajectory|frame)\./.test(name));
  const weights = {
    ...tensorsOf(clipFamily.initialWeights(narrow, 1)),
    ...Object.fromEntries(shared.map((name) => [name, ofPhoto[name]!])),
  };
  const frames = framesOf(narrow);
  const [[{ image }]] = clipFamily.declare(narrow).deblur(frames, weights) as [[RestoredFrame]];
  expect(largestDifference(image, photo.analyze(frames[1]!, ofPhoto).middle)).toBe(0);
  expect(largestDifference(image, frames[1]!)).toBeGreaterThan(0.01);
});

test('at the ends of a clip a description may stand for its missing neighbours', () => {
  const network = clipFamily.declare(narrow);
  const weights = randomWeights(narrow);
  const [frame, next] = [randomImage([16, 32], { seed: 1 }), randomImage([16, 32], { seed: 2 })];
  const [one, other] = [network.describe(frame, weights), network.describe(next, weights)];
  const copied = network.describe(tf.clone(frame), weights);
  expect(
    largestDifference(
      network.restore([one, one, other], weights).image,
      network.restore([copied, one, other], weights).image,
    ),
  ).toBe(0);
});

describe('motion', () => {
  /** Motion that every level's bias adds, none of it seen. @param pixels of each level: 1/16, 1/8 and 1/4. */
  const moving = (x: number, y: number, config = narrow) => {
    const weights = tensorsOf(clipFamily.initialWeights(config, 1));
    return { ...weights, 'motion2.correct.bias': tf.tensor1d([x / 4, y / 4]) };
  };

  test('of a level counts in its own pixels, and doubles from level to level', () => {
    const network = clipFamily.declare(narrow);
    const weights = {
      ...moving(2, -1),
      'motion4.correct.bias': tf.tensor1d([1, 0]),
      'motion3.correct.bias': tf.tensor1d([0, 1]),
    };
    const [[{ motionsPixels }]] = network.deblur(framesOf(narrow), weights) as [[RestoredFrame]];
    // 16 of the coarsest level, 8 of the next, and those of the finest.
    for (const [level, found] of [
      [16, 0],
      [16, 8],
      [18, 7],
    ].entries()) {
      const expected = tf.tile(tf.tensor4d(found, [1, 1, 1, 2]), [1, 2 ** level, 2 * 2 ** level, 1]);
      for (const motion of motionsPixels[level]!) {
        expect(largestDifference(motion, expected)).toBeLessThan(1e-5);
      }
    }
  });

  test('moves what is seen of neighbours: the prior is 1 where they show the same', () => {
    const network = clipFamily.declare(narrow);
    const wide = randomImage([16, 64]);
    const shownFrom = (x: number) => tf.slice(wide, [0, 0, x, 0], [1, 16, 32, 3]);
    const centre = shownFrom(12);
    // Both neighbours show at p + (-4, 0) what the centre shows at p.
    const weights = moving(-4, 0);
    const [[found]] = network.deblur([shownFrom(16), centre, shownFrom(16)], weights) as [[RestoredFrame]];
    const inside = (x: tf.Tensor4D) => tf.slice(x, [0, 3, 7, 0], [1, 10, 22, 1]);
    expect(largestDifference(inside(found.prior!), tf.ones([1, 10, 22, 1]))).toBeLessThan(1e-5);
    const [[unmoved]] = network.deblur([shownFrom(16), centre, shownFrom(16)], moving(0, 0)) as [
      [RestoredFrame],
    ];
    expect(tf.mean(inside(unmoved.prior!)).dataSync()[0]).toBeLessThan(0.2);
  });
});

test('gradients reach every weight and are what finite differences give', async () => {
  const config: ClipConfig = { ...narrow, windowFrames: 3 };
  const network = clipFamily.declare(config);
  const frames = framesOf(config);
  const weights: tf.NamedTensorMap = { ...randomWeights(config) };
  // Far from whole pixels, where bilinear sampling has a kink, at full, half and quarter size.
  for (const level of [3, 4]) weights[`motion${level}.correct.bias`] = tf.zeros([2]);
  weights['motion2.correct.bias'] = tf.tensor1d([0.3, -0.35]);
  for (const level of [2, 3, 4]) {
    weights[`motion${level}.correct.kernel`] = tf.mul(weights[`motion${level}.correct.kernel`]!, 0.05);
  }
  const weighing = randomImage([16, 32], { seed: 20 });
  const opened = await openGradients(weights, (of) => {
    const [[{ image, motionsPixels }]] = network.deblur(frames, of) as [[RestoredFrame]];
    const ofMotions = motionsPixels.flat().map((motion) => tf.sum(tf.mul(motion, 0.01)));
    return { loss: tf.addN([tf.sum(tf.mul(image, weighing)), ...ofMotions]) };
  });
  const { gradients } = await opened.evaluate();
  const without = Object.keys(gradients).filter((name) => gradients[name]!.every((value) => value === 0));
  expect(without).toEqual([]);
  for (const name of [
    'stem.kernel',
    'frame.feature.kernel',
    'window.enter.kernel',
    'reduce1.kernel',
    'middle.kernel',
  ]) {
    const [gradient, original] = [gradients[name]!, weights[name]!.dataSync()];
    const steepest = Math.hypot(...gradient);
    const along = async (step: number) =>
      (
        await opened.evaluate({
          [name]: Float32Array.from(original, (value, index) => value + (gradient[index]! * step) / steepest),
        })
      ).loss;
    const step = 1e-3;
    expect(((await along(step)) - (await along(-step))) / (2 * step) / steepest).toBeCloseTo(1, 1);
  }
  await opened.release();
});

test('costs less than half a million multiply-adds per pixel and frame', () => {
  const { costs } = clipFamily.declare(clipPreset);
  const perPixel = costs.reduce((sum, { name, level, multiplyAddsPerOutputPixel }) => {
    const times = name.startsWith('motion') ? clipPreset.windowFrames - 1 : 1;
    return sum + (times * multiplyAddsPerOutputPixel) / 4 ** level!;
  }, 0);
  const parameters = costs.reduce((sum, cost) => sum + cost.parameters, 0);
  expect([Math.round(perPixel / 1000), Math.round(parameters / 1e5) / 10]).toEqual([296, 11.6]);
  expect(perPixel).toBeLessThan(500_000);
  // As float16, at most 25 MB.
  expect(2 * parameters).toBeLessThan(25e6);
});

test('refuses sizes that cannot be halved, other numbers of frames, and configs that do not hold together', () => {
  const network = clipFamily.declare(narrow);
  const weights = tensorsOf(clipFamily.initialWeights(narrow, 1));
  expect(() => network.deblur(framesOf(narrow, [24, 32]), weights)).toThrow(
    'multiples of 16, but received [1,24,32,3]; pad first',
  );
  expect(() => network.deblur(framesOf(narrow).slice(1), weights)).toThrow(
    'Expected 3 frames in time order but received 2',
  );
  for (const [field, value] of [
    ['windowFrames', 4],
    ['passes', 3],
    ['neighbours', 'near'],
    ['sharpnessPrior', 'cubed'],
    ['searchRadiusPixels', 0],
    ['channels', [1, 2]],
  ]) {
    expect(() => clipFamily.declare({ ...narrow, [field as string]: value } as ClipConfig)).toThrow(
      `${field as string}`,
    );
  }
});
