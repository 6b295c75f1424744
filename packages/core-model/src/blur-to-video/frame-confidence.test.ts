import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from '@jest/globals';
import { initialWeights } from '../weights/initial-weights.js';
import type { BlurToVideoConfig } from './config.js';
import { narrowed } from './narrow-network.test-tool.js';
import { blurToVideo } from './network.js';

const config = narrowed('small', { frames: 5 });
const unjudged: BlurToVideoConfig = { ...config, frameConfidence: null };
const blurred = tf.randomUniform([2, 32, 64, 3], 0, 1, 'float32', 5) as tf.Tensor4D;

const restless = Object.fromEntries(
  Object.entries(initialWeights(config, 1)).map(([name, { values, shape }], index) => [name, tf.add(tf.tensor(values, shape), tf.randomNormal(shape, 0, 0.05, 'float32', index + 1))]),
);
const withMaps = (kernel: number, bias: number) => ({ ...restless, 'confidence.maps.kernel': tf.fill(restless['confidence.maps.kernel']!.shape, kernel), 'confidence.maps.bias': tf.fill([3], bias) });

const imagesOf = (weights: Record<string, tf.Tensor>, of: BlurToVideoConfig = config) => blurToVideo(blurred, weights, of).frames.map((levels) => levels[0]!);
const plain = imagesOf(restless, unjudged);
const furthest = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
const between = (share: number, restored: tf.Tensor) => tf.add(blurred, tf.mul(tf.sub(restored, blurred), share));

describe('the confidence in frames', () => {
  it('is 0.88 before anything is learned', () => {
    imagesOf(withMaps(0, 0)).forEach((frame, index) => expect(furthest(frame, between(1 / (1 + Math.exp(-2)), plain[index]!))).toBeLessThan(1e-6));
  });

  it('leaves the photograph as it is where there is none, and the frames where it is full', () => {
    for (const frame of imagesOf(withMaps(0, -40))) expect(furthest(frame, blurred)).toBeLessThan(1e-6);
    imagesOf(withMaps(0, 40)).forEach((frame, index) => expect(furthest(frame, plain[index]!)).toBeLessThan(1e-6));
  });

  it('differs by place and by distance in time, and is the same for frames as far from the middle', () => {
    const weights = { ...restless, 'confidence.maps.kernel': tf.mul(restless['confidence.maps.kernel']!, 40) };
    // Where restoring changed nothing to speak of, the share cannot be told.
    const shares = imagesOf(weights).map((frame, index) => {
      const change = tf.sub(plain[index]!, blurred);
      return tf.where(tf.greater(tf.abs(change), 0.02), tf.div(tf.sub(frame, blurred), change), tf.fill(change.shape, NaN)).dataSync();
    });
    const comparable = [...shares[0]!.keys()].filter((pixel) => shares.every((share) => !Number.isNaN(share[pixel])));
    expect(comparable.length).toBeGreaterThan(50);
    const largest = (a: number, b: number) => Math.max(...comparable.map((pixel) => Math.abs(shares[a]![pixel]! - shares[b]![pixel]!)));
    expect([largest(0, 4), largest(1, 3)].every((difference) => difference < 1e-4)).toBe(true);
    expect(largest(0, 1)).toBeGreaterThan(1e-3);
    expect(Math.max(...comparable.map((pixel) => shares[0]![pixel]!)) - Math.min(...comparable.map((pixel) => shares[0]![pixel]!))).toBeGreaterThan(1e-3);
  });

  it('goes with images of the next level too', () => {
    const [full, half] = blurToVideo(blurred, restless, config).frames[0]!;
    expect(furthest(half!, tf.avgPool(full!, 2, 2, 'valid'))).toBe(0);
  });

  it('needs three widths', () => {
    expect(() => initialWeights({ ...config, frameConfidence: { channels: [8, 8] } }, 1)).toThrow('network.frameConfidence');
  });
});
