import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from '@jest/globals';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import { initialWeights } from '../weights/initial-weights.js';
import { blurToVideoPresets } from './config.js';
import type { BlurToVideoConfig } from './config.js';
import { narrowed } from './narrow-network.test-tool.js';
import { blurToVideo } from './network.js';

/** The shipped presets whole; `paper` with its own depths and switches at narrow widths, for the oracle's sake. */
const networks: [string, BlurToVideoConfig][] = [
  ['small', blurToVideoPresets.small],
  ['base', { ...blurToVideoPresets.base, frames: 3 }],
  ['paper', narrowed('paper')],
];
const sizes: [number, number][] = [[32, 32], [96, 32], [32, 160]];

describe.each(networks)('the traced network (%s)', (_, config) => {
  const weights = Object.fromEntries(
    Object.entries(initialWeights(config, 1)).map(([name, { values, shape }], index) => [name, tf.add(tf.tensor(values, shape), tf.randomNormal(shape, 0, 0.01, 'float32', index + 1))]),
  );

  it.each(sizes)('equals the cpu backend at %i x %i within 1e-4', async (height, width) => {
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
