import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from '@jest/globals';
import { initialWeights, weightShapes } from '../weights/initial-weights.js';
import { blurToVideoPresets, requiredMultiple } from './config.js';
import type { BlurToVideoConfig } from './config.js';
import { narrowed } from './narrow-network.test-tool.js';
import { blurToVideo } from './network.js';

const presets = Object.keys(blurToVideoPresets) as (keyof typeof blurToVideoPresets)[];
const { featureTransformer } = blurToVideoPresets.paper;

/** Every ablation of the paper's Table 5, and the shipped presets. */
const variants: [string, BlurToVideoConfig][] = [
  ...presets.map((preset): [string, BlurToVideoConfig] => [preset, narrowed(preset)]),
  ['paper, no transformers', narrowed('paper', { featureTransformer: { ...featureTransformer, affine: false, localWarping: false }, imageTransformer: 'none' })],
  ['paper, FTN[STN]', narrowed('paper', { featureTransformer: { ...featureTransformer, localWarping: false }, imageTransformer: 'none' })],
  ['paper, FTN[LW]', narrowed('paper', { featureTransformer: { ...featureTransformer, affine: false }, imageTransformer: 'none' })],
  ['paper, FTN[STN+LW]', narrowed('paper', { imageTransformer: 'none' })],
  ['paper, no refiner', narrowed('paper', { refiner: [] })],
  ['small, coarse transformers', narrowed('small', { featureTransformer: { ...blurToVideoPresets.small.featureTransformer, levels: [3, 4] }, motionDecoder: { upscaledChannels: [0, 0, 0, 2, 2], denseChannels: [[], [], [], [2], [2]] } })],
  ['small, a motion for every frame', narrowed('small', { motionDecoder: null, reblurRefiner: null })],
  ['small, believed in full', narrowed('small', { frameConfidence: null })],
  ['small, not blurred again', narrowed('small', { reblurRefiner: null })],
  ['small, two scales', narrowed('small', { scaleFusion: { scales: 2, channels: [3] } })],
  ['small, two scales without a shared motion', narrowed('small', { motionDecoder: null, reblurRefiner: null, scaleFusion: { scales: 2, channels: [3] } })],
];

const tensors = (config: BlurToVideoConfig, seed = 1) =>
  Object.fromEntries(Object.entries(initialWeights(config, seed)).map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]));

/** Starting weights with no zeros, so that nothing is hidden behind a head that starts at zero. */
const restless = (config: BlurToVideoConfig) =>
  Object.fromEntries(Object.entries(tensors(config)).map(([name, weight], index) => [name, tf.add(weight, tf.randomNormal(weight.shape, 0, 0.05, 'float32', index + 1))]));

const blurred = (height: number, width: number, batch = 1) => tf.randomUniform([batch, height, width, 3], 0, 1, 'float32', 5) as tf.Tensor4D;

describe.each(variants)('blur to video (%s)', (_, config) => {
  it('returns every frame at five levels, finite', () => {
    const [height, width] = [requiredMultiple(config), 64];
    const output = blurToVideo(blurred(height, width), restless(config), config);
    expect(output.frames.map((levels) => levels.map(({ shape }) => shape))).toEqual(
      Array.from({ length: config.frames }, () => [0, 1, 2, 3, 4].map((level) => [1, height / 2 ** level, width / 2 ** level, 3])),
    );
    for (const image of output.frames.flat()) expect(tf.all(tf.isFinite(image)).dataSync()[0]).toBe(1);
    expect(output.motionsPixels).toHaveLength(config.frames);
  });

  it('gives every weight a gradient', () => {
    // TensorFlow.js has no gradient of dilated convolutions of its own; @unblur/onnx brings and tests one, and the trainer tests gradients with it, those of the confidence too.
    const undilated = { ...config, refiner: config.refiner.map(({ channels }) => ({ channels, dilation: 1 })), frameConfidence: null };
    const weights = restless(undilated);
    const image = blurred(requiredMultiple(config), requiredMultiple(config));
    const names = Object.keys(weights);
    const { grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const { frames } = blurToVideo(image, Object.fromEntries(names.map((name, index) => [name, values[index]!])), undilated);
      return tf.addN(frames.flat().map((frame) => tf.sum(tf.square(frame)))) as tf.Scalar;
    })(Object.values(weights));
    const without = names.filter((_name, index) => tf.max(tf.abs(grads[index]!)).dataSync()[0] === 0);
    expect(without).toEqual([]);
  });
});

describe('blur to video', () => {
  it.each([1, 3])('starts by giving the blurred image back, where images are corrections (scales: %i)', (scales) => {
    const config = narrowed('small', { scaleFusion: scales > 1 ? { scales, channels: [3] } : null });
    const image = blurred(requiredMultiple(config), requiredMultiple(config));
    for (const [full] of blurToVideo(image, tensors(config), config).frames) expect(tf.max(tf.abs(tf.sub(full!, image))).dataSync()[0]).toBeLessThan(1e-6);
  });

  it.each([3, 5, 9])('restores %i frames', (frames) => {
    const config = narrowed('small', { frames });
    const output = blurToVideo(blurred(32, 32), tensors(config), config);
    expect(output.frames).toHaveLength(frames);
    expect(output.affines.map((affines) => affines.length)).toEqual(Array.from({ length: frames }, (_, index) => (index === (frames - 1) / 2 ? 0 : 3)));
  });

  it('moves what every frame shows along one trajectory', () => {
    const config = narrowed('small', { frames: 5 });
    const { affines, flowsPixels } = blurToVideo(blurred(32, 64), restless(config), config);
    const finest = (tensors: tf.Tensor[][]) => tensors.map((levels) => levels.at(-1));
    const [firstAffine, halfAffine, , , lastAffine] = finest(affines);
    expect(tf.max(tf.abs(tf.sub(firstAffine!, tf.mul(halfAffine!, 2)))).dataSync()[0]).toBeLessThan(1e-6);
    expect(tf.max(tf.abs(tf.add(firstAffine!, lastAffine!))).dataSync()[0]).toBeLessThan(1e-6);
    // t v + t^2 a: the sums of opposite times are 2 a t^2.
    const [first, half, , otherHalf, last] = finest(flowsPixels) as [tf.Tensor, tf.Tensor, undefined, tf.Tensor, tf.Tensor];
    expect(tf.max(tf.abs(first)).dataSync()[0]).toBeGreaterThan(1e-3);
    expect(tf.max(tf.abs(tf.sub(tf.add(first, last), tf.mul(tf.add(half, otherHalf), 4)))).dataSync()[0]).toBeLessThan(1e-5);
  });

  it('merges sizes in the middle frame alone: the others are made from what was found at the size of the image itself', () => {
    const merging = narrowed('small', { frameConfidence: null, scaleFusion: { scales: 2, channels: [3] } });
    const [image, weights] = [blurred(64, 64), restless(merging)];
    const [merged, single] = [merging, { ...merging, scaleFusion: null }].map((config) => blurToVideo(image, weights, config));
    const differences = merged!.frames.map(([full], index) => tf.max(tf.abs(tf.sub(full!, single!.frames[index]![0]!))).dataSync()[0]!);
    expect([differences[0], differences[2]]).toEqual([0, 0]);
    expect(differences[1]).toBeGreaterThan(1e-3);
    const [full, half] = merged!.frames[1]!;
    expect(tf.max(tf.abs(tf.sub(tf.avgPool(full!, 2, 2, 'valid'), half!))).dataSync()[0]).toBeLessThan(1e-6);
  });

  it('refuses sizes that its pyramid cannot halve, and even numbers of frames', () => {
    const config = narrowed('small');
    expect(() => blurToVideo(blurred(48, 32), tensors(config), config)).toThrow('multiples of 32, but received [1,48,32,3]; pad first');
    expect(requiredMultiple({ scaleFusion: { scales: 3, channels: [3] } })).toBe(128);
    expect(() => weightShapes({ ...config, scaleFusion: { scales: 1, channels: [3] } })).toThrow("Expected null, or { scales (2 or more), channels } (where 'finestLevel' is 1) for network.scaleFusion but received");
    expect(() => weightShapes({ ...config, frames: 4 })).toThrow('Expected an odd number of frames, 3 or more, for network.frames but received 4.');
  });
});
