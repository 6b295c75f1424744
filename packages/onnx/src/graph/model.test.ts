import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { fromBinary } from '@bufbuild/protobuf';
import { createSession } from '../node.js';
import { trace } from '../trace.js';
import { exactHalves } from './half-precision.js';
import { ModelProtoSchema } from './onnx_pb.js';

test('metadata goes into the file', () => {
  const { bytes } = trace(
    ({ x }) => ({ y: tf.neg(x!) }),
    { x: { shape: [1] } },
    { metadata: { licence: 'MIT' } },
  );
  expect(fromBinary(ModelProtoSchema, bytes).metadataProps.map(({ key, value }) => [key, value])).toEqual([
    ['licence', 'MIT'],
  ]);
});

describe('constants that are stored as halves', () => {
  const halves = Float32Array.from({ length: 4096 }, (_, index) => (index - 2048) / 1024);
  const floats = halves.map((value) => value + 1e-6);
  const graphOf = (values: Float32Array, storeHalves: boolean) =>
    trace(
      ({ x }) => ({ y: tf.add(x!, tf.tensor1d(values)) }),
      { x: { shape: [values.length] } },
      { storeHalves },
    );

  test('take half the room and give the same numbers', async () => {
    const graph = graphOf(halves, true);
    expect(graph.bytes.length).toBeLessThan(0.52 * graphOf(halves, false).bytes.length);
    const session = await createSession(graph, { threads: 1 });
    expect((await session.run({ x: new Float32Array(halves.length) }))['y']).toEqual(halves);
    await session.release();
  });

  test('are only those that lose nothing', () => {
    expect(graphOf(floats, true).bytes).toEqual(graphOf(floats, false).bytes);
  });
});

test.each([
  [[0, -0, 1, -2, 65504, 1 / 3], undefined],
  [
    [0, -0, 1, -2, 65504],
    [0, 0x8000, 0x3c00, 0xc000, 0x7bff],
  ],
  [
    [2 ** -14, 2 ** -15, -(2 ** -24), 3 * 2 ** -24],
    [0x0400, 0x0200, 0x8001, 0x0003],
  ],
  [[2 ** -25], undefined],
  [[3 * 2 ** -25], undefined],
  [[65536], undefined],
  [[Infinity], undefined],
  [[NaN], undefined],
])('%j as halves: %j', (values, expected) => {
  const halves = exactHalves(Float32Array.from(values));
  expect(halves && [...halves]).toEqual(expected);
});
