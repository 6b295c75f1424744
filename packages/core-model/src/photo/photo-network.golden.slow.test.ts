import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import { goldenPhotoCase, goldenPhotoWeights, hasPhotoGolden } from './golden-photo.test-tool.js';
import { declarePhotoNetwork, frameTimes } from './photo-network.js';

if (!hasPhotoGolden) console.warn('Skipped the golden cases of the photo network: there is no shared/photo-network.');
const describeWithGolden = hasPhotoGolden ? describe : describe.skip;

const TOLERANCE = 1e-4;

describeWithGolden.each(['case-64x96', 'case-80x48'] as const)('the photo network on %s', (name) => {
  const { config, values } = goldenPhotoWeights();
  const network = declarePhotoNetwork(config);
  const golden = goldenPhotoCase(name);
  const { shape, values: blurredValues } = golden['blurred']!;

  const compute = (blurred: tf.Tensor4D): Record<string, tf.Tensor> => {
    const weights = Object.fromEntries(Object.entries(values).map(([weight, { values: list, shape: sides }]) => [weight, tf.tensor(list, sides)]));
    const { frames, middle, trajectory, feature } = network.restore(blurred, frameTimes(7), weights);
    const quarter = network.renderAt({ middle, trajectory, feature }, 0.25, weights);
    return { frames: tf.concat(frames, 0), middle, path: trajectory, moved: feature, 'frame_at_0.25': quarter };
  };
  const expectGolden = (computed: Record<string, ArrayLike<number>>) => {
    for (const [tensor, found] of Object.entries(computed)) {
      const wanted = golden[tensor]!.values;
      let largest = found.length === wanted.length ? 0 : Infinity;
      for (let index = 0; index < found.length; index++) largest = Math.max(largest, Math.abs(found[index]! - wanted[index]!));
      console.info(`${name} ${tensor}: ${largest.toExponential(1)}`);
      expect({ tensor, close: largest <= TOLERANCE }).toEqual({ tensor, close: true });
    }
  };

  test('equals the PyTorch implementation on ONNX Runtime', async () => {
    const session = await createSession(trace(({ blurred }) => compute(blurred as tf.Tensor4D), { blurred: { shape } }), { threads: 2 });
    expectGolden((await session.run({ blurred: blurredValues })) as Record<string, Float32Array>);
    await session.release();
  }, 120_000);

  test('equals the PyTorch implementation on the cpu backend', async () => {
    await tf.setBackend('cpu');
    const computed = tf.tidy(() => compute(tf.tensor4d(blurredValues, shape)));
    expectGolden(Object.fromEntries(Object.entries(computed).map(([tensor, value]) => [tensor, value.dataSync()])));
  }, 600_000);
});
