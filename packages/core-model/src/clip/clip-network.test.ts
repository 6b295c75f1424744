import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { openGradients } from '../gradients.test-tool.js';
import { photoPreset } from '../photo/photo-config.js';
import { photoFamily } from '../photo/photo-network.js';
import { largestDifference, randomImage, shaken, tensorsOf } from '../tensors.test-tool.js';
import type { NamedTensors } from '../parts/layers.js';
import { clipFrames, clipPreset } from './clip-config.js';
import type { ClipConfig } from './clip-config.js';
import { clipFamily } from './clip-network.js';
import type { RestoredFrame } from './clip-network.js';
import { narrowedClip } from './narrowed-clip.test-tool.js';

const narrow = narrowedClip();

const framesOf = (config: ClipConfig, size: [number, number] = [16, 32], batch = 1) =>
  Array.from({ length: clipFrames(config) }, (_, index) => randomImage(size, { seed: index + 1, batch }));

const randomWeights = (config: ClipConfig) => shaken(clipFamily.initialWeights(config, 1), 0.1);

/** Every idea of the network, switched. */
const variants: [string, ClipConfig][] = [
  ['three frames', narrow],
  ['five frames', { ...narrow, windowFrames: 5 }],
  ['two passes', { ...narrow, passes: 2 }],
  ['neighbours that stay where they are', { ...narrow, neighbours: 'unmoved' }],
  ['a frame by itself', { ...narrow, neighbours: 'none' }],
  ['without the prior', { ...narrow, sharpnessPrior: 'none' }],
  ["the authors' prior", { ...narrow, sharpnessPrior: 'root' }],
];

describe.each(variants)('%s', (_, config) => {
  const network = clipFamily.declare(config);
  const alone = config.neighbours === 'none';

  test('start by giving the centre frame back', () => {
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
  const network = clipFamily.declare(narrow);
  const initial = tensorsOf(clipFamily.initialWeights(narrow, 1));

  test('is found before anything is learned, and moves what is seen of neighbours', () => {
    const size: [number, number] = [64, 128];
    // Of every size, as scenes are.
    const wide = tf.mul(
      tf.addN(
        [2, 6, 16, 32].map((height) =>
          tf.image.resizeBilinear(randomImage([height, 2 * height], { seed: height }), [96, 192]),
        ),
      ),
      1 / 4,
    );
    const shownFrom = (x: number, y: number) => tf.slice(wide, [0, y, x, 0], [1, ...size, 3]) as tf.Tensor4D;
    const inside = (x: tf.Tensor4D) => {
      const margin = x.shape[1] / 4;
      return tf.slice(x, [0, margin, margin, 0], [-1, 2 * margin, 6 * margin, -1]) as tf.Tensor4D;
    };
    // The neighbours show at p + (-9, 5) and p + (6, 0) what the centre shows at p.
    const frames = [shownFrom(29, 11), shownFrom(20, 16), shownFrom(14, 16)];
    const [[found]] = network.deblur(frames, initial) as [[RestoredFrame]];
    for (const [neighbour, exact] of [
      [-9, 5],
      [6, 0],
    ].entries()) {
      const motion = inside(found.motionsPixels.at(-1)![neighbour]!);
      const error = tf.mean(tf.abs(tf.sub(motion, tf.tensor4d(exact, [1, 1, 1, 2]))));
      expect(error.dataSync()[0]).toBeLessThan(1.2);
    }
    // 1 where they show the same.
    expect(tf.mean(inside(found.prior!)).dataSync()[0]).toBeGreaterThan(0.95);
    const another = randomImage(size, { seed: 9 });
    const [[{ prior }]] = network.deblur([frames[0]!, frames[1]!, another], initial) as [[RestoredFrame]];
    expect(tf.mean(inside(prior!)).dataSync()[0]).toBeLessThan(0.5);
  });

  test('of a level counts in its own pixels, and doubles from level to level', () => {
    // Nothing is to be seen move: what a level adds is its bias.
    const grey = Array.from({ length: 3 }, () => tf.fill([1, 16, 32, 3], 0.5) as tf.Tensor4D);
    const weights = {
      ...initial,
      'motion4.correct.bias': tf.tensor1d([1, 0]),
      'motion3.correct.bias': tf.tensor1d([0, 1]),
      'motion2.correct.bias': tf.tensor1d([2 / 4, -1 / 4]),
    };
    const [[{ motionsPixels }]] = network.deblur(grey, weights) as [[RestoredFrame]];
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
});

describe('gradients', () => {
  const frames = framesOf(narrow);
  const weighing = randomImage([16, 32], { seed: 20 });
  const ofImage = ({ image }: RestoredFrame) => tf.sum(tf.mul(image, weighing)) as tf.Scalar;
  /** At one level: every level learns from its own error alone to correct what it finds. */
  const ofMotion = (level: number) => {
    const weighings = randomImage([2 ** level, 2 ** (level + 1)], { seed: 21 }).slice(
      [0, 0, 0, 0],
      [-1, -1, -1, 2],
    );
    return ({ motionsPixels }: RestoredFrame) =>
      tf.addN(motionsPixels[level]!.map((motion) => tf.sum(tf.mul(motion, weighings)))) as tf.Scalar;
  };

  test('of the restored frame reach every weight', async () => {
    const network = clipFamily.declare(narrow);
    const opened = await openGradients(randomWeights(narrow), (of) => ({
      loss: ofImage(network.deblur(frames, of)[0]![0]!),
    }));
    const { gradients } = await opened.evaluate();
    const without = Object.keys(gradients).filter((name) => gradients[name]!.every((value) => value === 0));
    expect(without).toEqual([]);
    await opened.release();
  });

  const motionless = (weights: tf.NamedTensorMap) =>
    Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => [
        name,
        /^motion.*correct/.test(name) ? tf.zerosLike(weight) : weight,
      ]),
    );

  test.each<[string, ClipConfig, (found: RestoredFrame) => tf.Scalar, string[]]>([
    [
      'the U-Net',
      { ...narrow, neighbours: 'none' },
      ofImage,
      ['stem.kernel', 'reduce1.kernel', 'middle.kernel'],
    ],
    [
      'what joins the neighbours',
      narrow,
      ofImage,
      ['frame.feature.kernel', 'blend.enter.kernel', 'blend.share.kernel', 'window.enter.kernel'],
    ],
    ['motion at 1/16', narrow, ofMotion(0), ['motion4.enter.kernel', 'motion4.correct.kernel']],
    ['motion at 1/8', narrow, ofMotion(1), ['motion3.enter.kernel', 'motion3.correct.bias']],
    ['motion at 1/4', narrow, ofMotion(2), ['motion2.enter.kernel', 'motion2.correct.kernel']],
  ])('are what finite differences give: %s', async (_, config, lossOf, names) => {
    const network = clipFamily.declare(config);
    const random = randomWeights(config);
    // How a frame is moved counts as given where neighbours are joined.
    const weights: tf.NamedTensorMap = lossOf === ofImage ? motionless(random) : { ...random };
    const opened = await openGradients(
      Object.fromEntries(names.map((name) => [name, weights[name]!])),
      (of) => ({
        loss: lossOf(network.deblur(frames, { ...weights, ...of } as NamedTensors)[0]![0]!),
      }),
    );
    const { gradients } = await opened.evaluate();
    for (const name of names) {
      const [gradient, original] = [gradients[name]!, weights[name]!.dataSync()];
      const steepest = Math.hypot(...gradient);
      const along = async (step: number) =>
        (
          await opened.evaluate({
            [name]: Float32Array.from(
              original,
              (value, index) => value + (gradient[index]! * step) / steepest,
            ),
          })
        ).loss;
      const step = 1e-3;
      expect(((await along(step)) - (await along(-step))) / (2 * step) / steepest).toBeCloseTo(1, 1);
    }
    await opened.release();
  });

  test('flow to the U-Net from the centre frame alone, as it restores that by itself', async () => {
    const network = clipFamily.declare(narrow);
    const weights: tf.NamedTensorMap = { ...randomWeights(narrow) };
    const given = frames.map((frame) => network.describe(frame, weights as NamedTensors));
    const unet = Object.keys(clipFamily.shapesOf({ ...narrow, neighbours: 'none' }));
    const itsWeights = Object.fromEntries(unet.map((name) => [name, weights[name]!]));
    const whole = await openGradients(weights, (of) => ({
      loss: ofImage(network.deblur(frames, of)[0]![0]!),
    }));
    const ofCentre = await openGradients(itsWeights, (of) => {
      const { restored } = network.describe(frames[1]!, { ...weights, ...of } as NamedTensors);
      const window = [given[0]!, { ...given[1]!, restored }, given[2]!];
      return { loss: ofImage(network.restore(window, weights as NamedTensors)) };
    });
    const [expected, received] = [await ofCentre.evaluate(), await whole.evaluate()];
    for (const name of ['stem.kernel', 'bottleneck.block0.first.kernel', 'middle.kernel']) {
      const [one, other] = [received.gradients[name]!, expected.gradients[name]!];
      const largest = Math.max(...other.map(Math.abs));
      expect(largest).toBeGreaterThan(0);
      one.forEach((value, index) => expect(Math.abs(value - other[index]!)).toBeLessThan(1e-4 * largest));
    }
    await whole.release();
    await ofCentre.release();
  });
});

test('blends in a neighbour by its share', () => {
  const network = clipFamily.declare({ ...narrow, neighbours: 'unmoved' });
  // The U-Net leaves frames as they are, and each neighbour has a share of a quarter.
  const weights = {
    ...tensorsOf(clipFamily.initialWeights(network.config, 1)),
    'blend.share.bias': tf.tensor1d([0.25]),
  };
  const [before, centre, after] = framesOf(narrow) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  const [[{ image, shares }]] = network.deblur([before, centre, after], weights) as [[RestoredFrame]];
  expect(largestDifference(shares!, tf.fill([1, 4, 8, 2], 0.25))).toBeLessThan(1e-6);
  const blended = tf.addN([tf.mul(before, 0.25), tf.mul(centre, 0.5), tf.mul(after, 0.25)]) as tf.Tensor4D;
  expect(largestDifference(image, blended)).toBeLessThan(1e-6);
});

test('blends in nothing that lies outside a neighbour', () => {
  const network = clipFamily.declare(narrow);
  const weights = {
    ...tensorsOf(clipFamily.initialWeights(network.config, 1)),
    'blend.share.bias': tf.tensor1d([0.25]),
    // Wherever it looks: as far to the left as a frame is wide, beyond what the alignment corrects.
    'motion2.correct.bias': tf.tensor1d([-32, 0]),
  };
  const [[{ image, shares }]] = network.deblur(framesOf(narrow), weights) as [[RestoredFrame]];
  expect(largestDifference(shares!, tf.zerosLike(shares!))).toBe(0);
  expect(largestDifference(image, framesOf(narrow)[1]!)).toBeLessThan(1e-6);
});

test('costs less than half a million multiply-adds per pixel and frame', () => {
  const { costs } = clipFamily.declare(clipPreset);
  const perPixel = costs.reduce((sum, { name, level, multiplyAddsPerOutputPixel }) => {
    const times = /^(motion|blend)/.test(name) ? clipPreset.windowFrames - 1 : 1;
    return sum + (times * multiplyAddsPerOutputPixel) / 4 ** level!;
  }, 0);
  const parameters = costs.reduce((sum, cost) => sum + cost.parameters, 0);
  expect([Math.round(perPixel / 1000), Math.round(parameters / 1e5) / 10]).toEqual([315, 11.6]);
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
