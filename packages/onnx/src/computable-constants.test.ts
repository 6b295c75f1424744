import { beforeEach, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { runTraced } from './test-tensors.test-tool.js';
import { trace } from './trace.js';

beforeEach(async () => {
  await tf.setBackend('cpu');
});

test('what depends on constants alone may be read while tracing', async () => {
  const x = tf.tensor2d([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const { flipped } = await runTraced(
    ({ x }) => {
      const shape = tf.concat([
        tf.tensor1d([3], 'int32'),
        tf.floorDiv(tf.tensor1d([6], 'int32'), tf.scalar(3, 'int32')),
      ]);
      return { flipped: tf.reshape(x!, [...shape.dataSync()] as [number, number]) };
    },
    { x },
  );
  expect([...flipped!]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('constants that come from constants are those that TensorFlow.js computes', () => {
  const table = () =>
    tf.stack([
      tf.range(0, 5),
      tf.sqrt(tf.range(1, 6)),
      tf.where(tf.greater(tf.range(0, 5), 2), tf.ones([5]), tf.fill([5], -7)),
    ]);
  const expected = [...table().dataSync()];
  let read: number[] = [];
  trace(
    ({ x }) => {
      read = [...table().dataSync()];
      return { same: x! };
    },
    { x: { shape: [1] } },
  );
  expect(read).toEqual(expected);
});

test('what is not read stays an operation', () => {
  const traced = trace(({ x }) => ({ y: tf.mul(x!, tf.tile(tf.range(0, 100), [1000])) }), {
    x: { shape: [100000] },
  });
  expect(traced.bytes.length).toBeLessThan(4000);
});

test('what depends on an input cannot be read', () => {
  expect(() =>
    trace(({ x }) => ({ y: tf.reshape(x!, [...tf.add(x!, 1).dataSync()]) }), { x: { shape: [1] } }),
  ).toThrow('reads the values of one');
});

test('reading a constant leaves no tensor behind', () => {
  const run = () =>
    trace(({ x }) => ({ y: tf.add(x!, tf.square(tf.scalar(3)).dataSync()[0]!) }), { x: { shape: [2] } });
  run();
  const before = tf.memory().numTensors;
  run();
  expect(tf.memory().numTensors).toBe(before);
});
