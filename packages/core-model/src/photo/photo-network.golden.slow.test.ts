import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { describe, expect, test } from '@jest/globals';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import { goldenPhotoCase, goldenPhotoWeights, hasPhotoGolden } from './golden-photo.test-tool.js';
import { frameTimes, photoFamily } from './photo-network.js';

if (!hasPhotoGolden) {
  console.warn('Skipped the golden cases of the photo network: there is no shared/photo-network.');
}
const testWithGolden = hasPhotoGolden ? test : test.skip;

const tolerance = 1e-4;

/** A recorded case, and the function from its blurred image to every tensor that was recorded. */
function openCase(name: 'case-64x96' | 'case-80x48') {
  const { config, values } = goldenPhotoWeights();
  const network = photoFamily.declare(config);
  const compute = (blurred: tf.Tensor4D): Record<string, tf.Tensor> => {
    const weights = Object.fromEntries(
      Object.entries(values).map(([weight, { values: list, shape }]) => [weight, tf.tensor(list, shape)]),
    );
    const scene = network.restore(blurred, frameTimes(7), weights);
    return {
      frames: tf.concat(scene.frames, 0),
      middle: scene.middle,
      path: scene.trajectory,
      moved: scene.feature,
      'frame_at_0.25': network.renderAt(scene, 0.25, weights),
    };
  };
  return { golden: goldenPhotoCase(name), compute };
}

function expectGolden(
  golden: ReturnType<typeof goldenPhotoCase>,
  computed: Record<string, ArrayLike<number>>,
): void {
  expect(Object.keys(computed)).toHaveLength(5);
  for (const [tensor, found] of Object.entries(computed)) {
    const wanted = golden[tensor]!.values;
    let largest = found.length === wanted.length ? 0 : Infinity;
    for (let index = 0; index < found.length; index++) {
      largest = Math.max(largest, Math.abs(found[index]! - wanted[index]!));
    }
    expect({ tensor, close: largest <= tolerance }).toEqual({ tensor, close: true });
  }
}

describe('the photo network equals the PyTorch implementation', () => {
  testWithGolden.each(['case-64x96', 'case-80x48'] as const)(
    'on ONNX Runtime, %s',
    async (name) => {
      const { golden, compute } = openCase(name);
      const { shape, values } = golden['blurred']!;
      const session = await createSession(
        trace(({ blurred }) => compute(blurred as tf.Tensor4D), { blurred: { shape } }),
        { threads: 2 },
      );
      expectGolden(golden, (await session.run({ blurred: values })) as Record<string, Float32Array>);
      await session.release();
    },
    120_000,
  );

  testWithGolden.each(['case-64x96', 'case-80x48'] as const)(
    'in TensorFlow.js, eagerly, %s',
    async (name) => {
      const { golden, compute } = openCase(name);
      const { shape, values } = golden['blurred']!;
      await tf.setBackend('wasm');
      const computed = tf.tidy(() => compute(tf.tensor4d(values, shape)));
      expectGolden(
        golden,
        Object.fromEntries(Object.entries(computed).map(([tensor, value]) => [tensor, value.dataSync()])),
      );
    },
    600_000,
  );
});
