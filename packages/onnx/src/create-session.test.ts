import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { createSession } from './create-session.js';
import type { Session } from './session.js';
import { trace } from './trace.js';

let session: Session;
let reusing: Session;

beforeAll(async () => {
  await tf.setBackend('cpu');
  const graph = trace(({ x, indices }) => ({ sum: tf.add(x!, tf.cast(indices!, 'float32')) }), {
    x: { shape: [2] },
    indices: { shape: [2], dtype: 'int32' },
  });
  session = await createSession(graph, { threads: 1 });
  reusing = await createSession(graph, { threads: 1, outputSets: 2 });
});

afterAll(async () => {
  await session.release();
  await reusing.release();
});

const feeds = (first: number) => ({ x: Float32Array.of(first, 2), indices: Int32Array.of(10, 20) });

test('every run has arrays of its own', async () => {
  const [first, second] = [await session.run(feeds(1)), await session.run(feeds(5))];
  expect([...first['sum']!]).toEqual([11, 22]);
  expect([...second['sum']!]).toEqual([15, 22]);
});

test('with two output sets an array is overwritten two runs later', async () => {
  const runs = [await reusing.run(feeds(1)), await reusing.run(feeds(2)), await reusing.run(feeds(3))].map(
    (outputs) => outputs['sum']!,
  );
  expect(runs[2]).toBe(runs[0]);
  expect(runs[1]).not.toBe(runs[0]);
  expect(runs.map((sum) => sum[0])).toEqual([13, 12, 13]);
});

test('a part of a larger array is fed without its surroundings', async () => {
  const { sum } = await session.run({ ...feeds(0), x: Float32Array.of(7, 8, 9).subarray(1) });
  expect([...sum!]).toEqual([18, 29]);
});

test.each([
  {
    title: 'a missing feed',
    given: { x: new Float32Array(2) },
    message: "Expected a feed for input 'indices' [2] but received none",
  },
  {
    title: 'an unknown feed',
    given: { ...feeds(0), y: new Float32Array(1) },
    message: "Expected feeds named x, indices but received 'y'",
  },
  {
    title: 'a feed of another length',
    given: { ...feeds(0), x: new Float32Array(3) },
    message: "Expected 2 elements of Float32Array for input 'x' [2] but received 3 of Float32Array",
  },
  {
    title: 'a feed of another type',
    given: { ...feeds(0), x: new Int32Array(2) },
    message: "Expected 2 elements of Float32Array for input 'x' [2] but received 2 of Int32Array",
  },
])('$title is refused', async ({ given, message }) => {
  await expect(session.run(given)).rejects.toThrow(message);
});

test('a session that leaves the graph as it is gives the same', async () => {
  const graph = trace(({ x }) => ({ y: tf.add(tf.mul(x!, 2), tf.add(1, 2)) }), { x: { shape: [2] } });
  const plain = await createSession(graph, { threads: 1, optimized: false });
  expect([...(await plain.run({ x: Float32Array.of(1, 2) }))['y']!]).toEqual([5, 7]);
  await plain.release();
});

test('however many threads are asked for, no more are started than there are cores', async () => {
  const graph = trace(({ x }) => ({ doubled: tf.mul(x!, 2) }), { x: { shape: [2] } });
  const many = await createSession(graph, { threads: 1e9 });
  expect([...(await many.run({ x: Float32Array.of(1, 2) }))['doubled']!]).toEqual([2, 4]);
  await many.release();
});

test('a device that is none is refused, and a graphics device without the native build', async () => {
  const graph = trace(({ x }) => ({ double: tf.mul(x!, 2) }), { x: { shape: [1] } });
  await expect(createSession(graph, { device: 'cuda' as never })).rejects.toThrow(
    'Expected cpu or webgpu for device but received cuda.',
  );
  await expect(createSession(graph, { device: 'webgpu', build: 'webassembly' })).rejects.toThrow(
    'Expected the native build of ONNX Runtime for a graphics device but received WebAssembly.',
  );
});
