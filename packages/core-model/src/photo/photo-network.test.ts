import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openGradients } from '../gradients.test-tool.js';
import type { Evaluation } from '../gradients.test-tool.js';
import type { NamedTensors } from '../parts/layers.js';
import { largestDifference, largestValue, randomImage, shaken, tensorsOf } from '../tensors.test-tool.js';
import type { PhotoConfig } from './photo-config.js';
import { displacementAt, frameTimes, photoFamily } from './photo-network.js';
import type { PhotoScene } from './photo-network.js';

/** One block of everything, at widths that the `cpu` backend runs in a moment. */
const config: PhotoConfig = {
  channels: [3, 4, 3, 4],
  encoderBlocks: [1, 1, 1],
  bottleneckBlocks: 1,
  decoderBlocks: [1, 1, 1],
  trajectoryChannels: 3,
  trajectoryBlocks: 1,
  frameChannels: 3,
  frameBlocks: 1,
};
const network = photoFamily.declare(config);
const untrained = tensorsOf(photoFamily.initialWeights(config, 1));

/** A trajectory that is the same everywhere. @param terms velocity, acceleration and jerk as (dx, dy). */
const trajectoryOf = (
  terms: [number, number, number, number, number, number],
  [rows, columns]: [number, number],
) => tf.tile(tf.tensor4d(terms, [1, 1, 1, 6]), [1, rows, columns, 1]) as tf.Tensor4D;

test('starts by giving the blurred image back at every time, with nothing moving', () => {
  const blurred = randomImage([16, 32], { batch: 2 });
  const { frames, middle, motionsPixels } = network.restore(blurred, [-1, -0.3, 0, 1], untrained);
  for (const frame of [middle, ...frames]) expect(largestDifference(frame, blurred)).toBeLessThan(1e-6);
  for (const motion of motionsPixels) expect([motion.shape, largestValue(motion)]).toEqual([[2, 4, 8, 2], 0]);
});

test('makes a frame alone as it makes it among others, for one time or one of each sample', () => {
  const [blurred, weights] = [
    randomImage([16, 32], { batch: 2 }),
    shaken(photoFamily.initialWeights(config, 1), 0.1),
  ];
  const { frames, ...scene } = network.restore(blurred, [-1, 0.4], weights);
  expect(largestDifference(frames[0]!, frames[1]!)).toBeGreaterThan(1e-2);
  expect(
    largestDifference(network.renderAt(network.analyze(blurred, weights), 0.4, weights), frames[1]!),
  ).toBe(0);
  const ofEach = network.renderAt(scene, tf.tensor4d([-1, 0.4], [2, 1, 1, 1]), weights);
  const sample = (image: tf.Tensor4D, index: number) => tf.slice(image, [index, 0, 0, 0], [1, -1, -1, -1]);
  for (const index of [0, 1]) {
    expect(largestDifference(sample(ofEach, index), sample(frames[index]!, index))).toBeLessThan(1e-4);
  }
});

describe('gradients', () => {
  const times = [-1, 0.6];
  const blurred = randomImage([16, 32]);
  /**
   * The trajectory moves the middle frame by about these, and the feature, of half the size, by half of that:
   * far from whole pixels at both times.
   */
  const terms = tf.tensor1d([0.7, -0.75, 0.05, 0.04, -0.03, 0.02]);
  const weights: NamedTensors = { ...shaken(photoFamily.initialWeights(config, 1), 0.1) };
  weights['trajectory.predict.kernel'] = tf.mul(weights['trajectory.predict.kernel']!, 0.04);
  weights['trajectory.predict.bias'] = terms;

  const weighing = times.map((_, index) =>
    tf.randomUniform<tf.Rank.R4>(blurred.shape, -1, 1, 'float32', 20 + index),
  );
  let opened: Awaited<ReturnType<typeof openGradients>>;
  let gradients: Record<string, Float32Array>;
  beforeAll(async () => {
    opened = await openGradients(weights, (of) => {
      const { frames, middle, trajectory } = network.restore(blurred, times, of);
      return {
        loss: tf.addN([middle, ...frames].map((image, index) => tf.sum(tf.mul(image, weighing[index % 2]!)))),
        beside: { trajectory },
      };
    });
    ({ gradients } = await opened.evaluate());
  });
  afterAll(() => opened.release());

  /** How near any place that is sampled comes to a pixel's centre, where bilinear sampling has a kink. */
  function nearestToPixelCentre({ beside }: Evaluation): number {
    const trajectory = tf.tensor4d(beside['trajectory']!, [1, 4, 8, 6]);
    const distances = times.flatMap((time) => {
      const displacement = displacementAt(trajectory, time);
      // As the network enlarges it: to the photograph, and to half its size in pixels of that.
      const fields = [
        tf.image.resizeBilinear(displacement, [16, 32], false, true),
        tf.div(tf.image.resizeBilinear(displacement, [8, 16], false, true), 2),
      ];
      return fields.flatMap((field) =>
        Array.from(field.dataSync(), (value) => Math.abs(value - Math.round(value))),
      );
    });
    return Math.min(...distances);
  }

  test('reach every weight', async () => {
    expect(nearestToPixelCentre(await opened.evaluate())).toBeGreaterThan(0.05);
    expect(Object.keys(gradients).filter((name) => gradients[name]!.every((value) => value === 0))).toEqual(
      [],
    );
  });

  test.each([
    'stem.kernel',
    'encoder2.block0.second.kernel',
    'middle.kernel',
    'trajectory.enter.kernel',
    'trajectory.predict.bias',
    'frame.feature.kernel',
    'frame.enter.kernel',
    'frame.correct.bias',
  ])('are what finite differences give: %s', async (name) => {
    const [gradient, original] = [gradients[name]!, weights[name]!.dataSync()];
    const steepest = Math.hypot(...gradient);
    const along = async (step: number) => {
      const evaluation = await opened.evaluate({
        [name]: Float32Array.from(original, (value, index) => value + (gradient[index]! * step) / steepest),
      });
      expect(nearestToPixelCentre(evaluation)).toBeGreaterThan(0.05);
      return evaluation.loss;
    };
    const step = 2e-3;
    expect(((await along(step)) - (await along(-step))) / (2 * step) / steepest).toBeCloseTo(1, 1.5);
  });
});

describe('displacementAt', () => {
  const random = tf.randomNormal([2, 4, 6, 6], 0, 1, 'float32', 3) as tf.Tensor4D;

  test('is opposite at opposite times of a trajectory with velocity only', () => {
    const velocityOnly = tf.mul<tf.Tensor4D>(random, tf.tensor1d([1, 1, 0, 0, 0, 0]));
    expect(
      largestDifference(displacementAt(velocityOnly, 0.7), tf.neg(displacementAt(velocityOnly, -0.7))),
    ).toBe(0);
    expect(
      largestDifference(displacementAt(velocityOnly, 1), tf.slice(random, [0, 0, 0, 0], [-1, -1, -1, 2])),
    ).toBe(0);
  });

  test('is velocity t + acceleration t^2 + jerk t^3, for a number or a time of each sample', () => {
    const at = (t: number) =>
      [1, 2].map((axis) => (axis + 10) * t + (axis + 20) * t ** 2 + (axis + 30) * t ** 3);
    const trajectory = tf.tile(trajectoryOf([11, 12, 21, 22, 31, 32], [1, 1]), [2, 1, 1, 1]) as tf.Tensor4D;
    for (const value of displacementAt(trajectory, -0.5).arraySync().flat(2)) expect(value).toEqual(at(-0.5));
    const ofEach = displacementAt(trajectory, tf.tensor4d([0.5, -1], [2, 1, 1, 1]))
      .arraySync()
      .flat(2);
    expect(ofEach).toEqual([at(0.5), at(-1)]);
  });
});

describe('a trajectory that is the same everywhere, without training', () => {
  const scene = (middle: tf.Tensor4D, terms: Parameters<typeof trajectoryOf>[0]): PhotoScene => ({
    middle,
    trajectory: trajectoryOf(terms, [middle.shape[1] / 4, middle.shape[2] / 4]),
    feature: tf.zeros([1, middle.shape[1] / 2, middle.shape[2] / 2, config.frameChannels]),
  });

  test('moves the picture by exactly so many pixels, edges repeated', () => {
    const middle = randomImage([16, 32]);
    // At time 0.5: 6 + 2 - 1 and -4 + 0 + 0.
    const rendered = network.renderAt(scene(middle, [12, -8, 8, 0, -8, 0]), 0.5, untrained);
    const [shown, given] = [rendered.arraySync()[0]!, middle.arraySync()[0]!];
    const expected = given.map((row, y) =>
      row.map((_, x) => given[Math.max(y - 4, 0)]![Math.min(x + 7, 31)]!),
    );
    expect(shown).toEqual(expected);
  });

  test('moves it by parts of a pixel too', () => {
    const ramp = tf.tile(tf.reshape(tf.range(0, 32), [1, 1, 32, 1]), [1, 16, 1, 3]) as tf.Tensor4D;
    const rendered = network.renderAt(scene(ramp, [0.8, 0, 0, 0, 0, 0]), -0.5, untrained);
    const inside = (x: tf.Tensor4D) => tf.slice(x, [0, 0, 1, 0], [1, 16, 30, 3]);
    expect(largestDifference(inside(rendered), inside(tf.sub(ramp, 0.4)))).toBeLessThan(1e-5);
  });
});

test('times of frames are evenly spaced, opposite in pairs, the middle of an odd count exactly 0', () => {
  expect(() => frameTimes(1)).toThrow('2 or more, but received 1');
  expect(frameTimes(2)).toEqual([-1, 1]);
  expect(frameTimes(5)).toEqual([-1, -0.5, 0, 0.5, 1]);
  for (const count of [4, 7, 25, 240]) {
    const times = frameTimes(count);
    expect(times.map((time) => 0 - time).reverse()).toEqual(times);
    expect(times.includes(0)).toBe(count % 2 === 1);
  }
});

test('a crop has the values of the whole photograph, far enough from where it was cut', () => {
  // What one value is made from reaches 134 pixels to a side with one block of everything, the displacement
  // less than 10 further.
  const [cutAt, reach, width] = [32, 144, 240];
  const weights = shaken(photoFamily.initialWeights(config, 1), 0.1);
  weights['trajectory.predict.kernel'] = tf.mul(weights['trajectory.predict.kernel']!, 0.5);
  const blurred = randomImage([16, width]);
  const crop = tf.slice(blurred, [0, 0, cutAt, 0], [1, 16, width - cutAt, 3]);
  const [whole, cut] = [blurred, crop].map((image) => network.restore(image, [-1, 0.5], weights));
  expect(Math.max(...whole!.motionsPixels.map(largestValue))).toBeLessThan(10);
  const columns = (image: tf.Tensor4D, first: number, count: number) =>
    tf.slice(image, [0, 0, first, 0], [1, -1, count, -1]);
  for (const [index, frame] of [whole!.middle, ...whole!.frames].entries()) {
    const other = [cut!.middle, ...cut!.frames][index]!;
    expect(
      largestDifference(
        columns(frame, cutAt + reach, width - cutAt - reach),
        columns(other, reach, width - cutAt - reach),
      ),
    ).toBeLessThan(1e-5);
    expect(largestDifference(columns(frame, cutAt, 8), columns(other, 0, 8))).toBeGreaterThan(1e-3);
  }
});

test('refuses sizes that cannot be packed and halved', () => {
  for (const size of [
    [24, 32],
    [32, 40],
  ] as [number, number][]) {
    expect(() => network.analyze(randomImage(size), untrained)).toThrow(
      `multiples of 16, but received [1,${size},3]; pad first`,
    );
  }
  expect(() => network.analyze(tf.zeros([1, 16, 16, 4]), untrained)).toThrow(
    'Expected a blurred image [B, H, W, 3]',
  );
});

test('says what is no tensor, and which weight there is not', () => {
  expect(() => network.analyze(undefined as never, untrained)).toThrow(
    'but received a value of type undefined that is no tensor; make one with tensor4d',
  );
  const { 'stem.bias': missing, ...others } = untrained;
  void missing;
  for (const [wrong, name] of [
    [{}, 'stem.kernel'],
    [undefined as never, 'stem.kernel'],
    [others, 'stem.bias'],
  ] as const) {
    expect(() => network.analyze(randomImage([16, 16]), wrong)).toThrow(`Expected weights with '${name}'`);
  }
});
