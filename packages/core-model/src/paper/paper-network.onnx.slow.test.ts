import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import { weightsWithoutGradient } from '../gradients.test-tool.js';
import { randomImage, shaken } from '../tensors.test-tool.js';
import { narrowedPaper, paperAblations } from './narrowed-paper.test-tool.js';
import { paperFamily } from './paper-network.js';

const config = narrowedPaper();
const network = paperFamily.declare(config);
const weights = shaken(paperFamily.initialWeights(config, 1), 0.01);

test.each([
  [32, 32],
  [96, 32],
  [32, 160],
] as [number, number][])(
  'the traced network equals the cpu backend at %i x %i within 1e-4',
  async (height, width) => {
    const blurred = randomImage([height, width]);
    const named = (x: Tensor4D): Record<string, Tensor> => {
      const { frames, affines, flowsPixels, motionsPixels } = network.restore(x, weights);
      const list = {
        frame: frames.flat(),
        affine: affines.flat(),
        flow: flowsPixels.flat(),
        motion: motionsPixels,
      };
      return Object.fromEntries(
        Object.entries(list).flatMap(([kind, values]) =>
          values.map((value, index) => [`${kind}${index}`, value]),
        ),
      );
    };
    const session = await createSession(
      trace(({ blurred: x }) => named(x as Tensor4D), { blurred: { shape: blurred.shape } }),
      { threads: 2 },
    );
    const native = await session.run({ blurred: Float32Array.from(blurred.dataSync()) });
    for (const [name, expected] of Object.entries(named(blurred))) {
      const values = expected.dataSync();
      const largest = Array.from(native[name]!).reduce(
        (most, value, index) => Math.max(most, Math.abs(value - values[index]!)),
        0,
      );
      const magnitude = Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      expect({ name, close: largest <= 1e-4 * magnitude }).toEqual({ name, close: true });
    }
    await session.release();
  },
  300_000,
);

test.each(paperAblations)('every weight gets a gradient (%s)', async (_, ablation) => {
  const { restore } = paperFamily.declare(ablation);
  expect(
    await weightsWithoutGradient(shaken(paperFamily.initialWeights(ablation, 1)), (of) =>
      tf.addN(
        restore(randomImage([32, 32]), of)
          .frames.flat()
          .map((image) => tf.sum(tf.square(image))),
      ),
    ),
  ).toEqual([]);
});
