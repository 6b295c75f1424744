import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from '@jest/globals';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import { initialWeights } from '../weights/initial-weights.js';
import { blurToVideoPresets, requiredMultiple } from './config.js';
import type { BlurToVideoConfig } from './config.js';
import { narrowed } from './narrow-network.test-tool.js';
import { blurToVideo } from './network.js';

/** The shipped presets whole but for the fusion of scales; that, and `paper`, with their own depths and switches at narrow widths, for the oracle's sake. */
const networks: [string, BlurToVideoConfig][] = [
  ['small', { ...blurToVideoPresets.small, scaleFusion: null }],
  ['small with two scales', narrowed('small', { scaleFusion: { scales: 2, channels: [3] } })],
  ['base', { ...blurToVideoPresets.base, frames: 3 }],
  ['paper', narrowed('paper')],
];
/** In multiples of what the network needs. */
const sizes: [number, number][] = [[1, 1], [3, 1], [1, 5]];

describe.each(networks)('the traced network (%s)', (_, config) => {
  const weights = Object.fromEntries(
    Object.entries(initialWeights(config, 1)).map(([name, { values, shape }], index) => [name, tf.add(tf.tensor(values, shape), tf.randomNormal(shape, 0, 0.01, 'float32', index + 1))]),
  );

  it.each(sizes)('equals the cpu backend at %i x %i times its multiple within 1e-4', async (rows, columns) => {
    const [height, width] = [rows * requiredMultiple(config), columns * requiredMultiple(config)];
    const blurred = tf.randomUniform([1, height, width, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
    const named = (x: tf.Tensor4D): Record<string, tf.Tensor> => {
      const { frames, affines, flowsPixels, motionsPixels } = blurToVideo(x, weights, config);
      const list = { frame: frames.flat(), affine: affines.flat(), flow: flowsPixels.flat(), motion: motionsPixels };
      return Object.fromEntries(Object.entries(list).flatMap(([kind, values]) => values.map((value, index) => [`${kind}${index}`, value])));
    };
    const session = await createSession(trace(({ blurred: x }) => named(x as tf.Tensor4D), { blurred: { shape: blurred.shape } }), { threads: 2 });
    const native = await session.run({ blurred: Float32Array.from(blurred.dataSync()) });
    for (const [name, expected] of Object.entries(named(blurred))) {
      const values = expected.dataSync();
      const largest = Array.from(native[name]!).reduce((most, value, index) => Math.max(most, Math.abs(value - values[index]!)), 0);
      const magnitude = Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      expect({ name, close: largest <= 1e-4 * magnitude }).toEqual({ name, close: true });
    }
    await session.release();
  }, 300_000);
});
