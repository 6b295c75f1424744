import { beforeEach, describe, expect, test } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import * as tf from '@tensorflow/tfjs';
import { ModelProtoSchema } from './graph/onnx_pb.js';
import type { Int8Convolution } from './int8-convolutions.js';
import type { Filter, ValueRange } from './quantization.js';
import { createSession } from './node.js';
import { makeTensor } from './test-tensors.test-tool.js';
import { trace } from './trace.js';
import type { TracedGraph, TraceOptions } from './trace.js';

beforeEach(async () => {
  await tf.setBackend('cpu');
});

const shape: [number, number, number, number] = [1, 6, 8, 4];

function filterOf(values: ArrayLike<number>, inputs = 4, outputs = 4): Filter {
  return { shape: [3, 3, inputs, outputs], values: Float32Array.from(values) };
}
const drawn = (seed: number) => filterOf([...makeTensor({ shape: [3, 3, 4, 4] }, seed).dataSync()]);

const convolve = (x: tf.Tensor, { shape, values }: Filter, bias?: number[]) => {
  const convolved = tf.conv2d(
    x as tf.Tensor4D,
    tf.tensor4d(values, shape as typeof shape & [number, number, number, number]),
    1,
    'same',
  );
  return bias ? tf.add(convolved, tf.tensor1d(bias)) : convolved;
};

function operators({ bytes }: TracedGraph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of fromBinary(ModelProtoSchema, bytes).graph!.node) {
    counts[opType] = (counts[opType] ?? 0) + 1;
  }
  return counts;
}

async function run(
  fn: (x: tf.Tensor) => tf.Tensor,
  x: Float32Array,
  options: TraceOptions,
): Promise<{ graph: TracedGraph; y: Float32Array; ranges: Float32Array }> {
  const graph = trace((inputs) => ({ y: fn(inputs['x']!) }), { x: { shape } }, options);
  const session = await createSession(graph, { threads: 1 });
  const { y, ranges } = (await session.run({ x })) as Record<string, Float32Array>;
  await session.release();
  return { graph, y: y!, ranges: ranges! };
}

test('numbers that bytes hold give exact sums, biases and all', async () => {
  // Every channel moved, as it is, by one pixel.
  const values = new Float32Array(9 * 16);
  for (let channel = 0; channel < 4; channel++) values[(2 * channel * 4 + channel) * 4 + channel] = 1;
  const filter = filterOf(values);
  const layer = (x: tf.Tensor) => convolve(x, filter, [0, 1, 2, 3]);
  const x = Float32Array.from({ length: 6 * 8 * 4 }, (_, index) => (index * 37) % 253);
  const { y, graph } = await run(layer, x, { int8: [{ filter, input: [0, 255], output: [0, 255] }] });
  expect(operators(graph)).toMatchObject({ QLinearConv: 1, QuantizeLinear: 1, DequantizeLinear: 1 });
  expect(operators(graph)).not.toHaveProperty('Conv');
  expect(y).toEqual((await run(layer, x, {})).y);
});

test('the largest bytes with the largest weights do not overflow on any processor', async () => {
  const filter = filterOf(new Float32Array(9 * 16).fill(1));
  const { y } = await run((x) => convolve(x, filter), new Float32Array(6 * 8 * 4).fill(255), {
    int8: [{ filter, input: [0, 255], output: [0, 9 * 4 * 255] }],
  });
  // In the middle, all 36 products.
  expect(y[(2 * 8 + 3) * 4]! / (36 * 255)).toBeCloseTo(1, 2);
});

describe('a block of two convolutions, a leaky ReLU between them, what it corrects added', () => {
  const [first, second] = [drawn(1), drawn(2)];
  const block = (x: tf.Tensor) =>
    tf.add(x, convolve(tf.leakyRelu(convolve(x, first, [0.1, -0.2, 0.3, 0]), 0.1), second));
  const x = Float32Array.from(makeTensor({ shape }, 3).dataSync());

  async function int8(): Promise<Int8Convolution[]> {
    const { ranges } = await run(block, x, { observed: [first, second] });
    return [first, second].map((filter, index) => {
      const row = [...ranges.subarray(4 * index, 4 * index + 4)] as [number, number, number, number];
      return { filter, input: [row[0], row[1]], output: [row[2], row[3]] };
    });
  }

  test('is near what it is in floating point', async () => {
    const exact = (await run(block, x, {})).y;
    const { y } = await run(block, x, { int8: await int8() });
    const span = Math.max(...exact) - Math.min(...exact);
    const error = Math.max(...y.map((value, index) => Math.abs(value - exact[index]!)));
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.02 * span);
  });

  test('hands bytes from one to the next', async () => {
    const { graph } = await run(block, x, { int8: await int8() });
    // In, out, and to and from the activation, which ONNX Runtime makes one with.
    expect(operators(graph)).toMatchObject({
      QLinearConv: 2,
      QuantizeLinear: 2,
      DequantizeLinear: 2,
      LeakyRelu: 1,
      Add: 1,
    });
  });

  test('what is beyond a range is clipped', async () => {
    const narrow: ValueRange = [-0.01, 0.01];
    const all = await int8();
    const { y } = await run(block, x, {
      int8: all.map((convolution) => ({ ...convolution, output: narrow })),
    });
    expect(Math.max(...y.map((value, index) => Math.abs(value - x[index]!)))).toBeLessThan(0.0101);
  });

  test('ranges are observed where values lie, before the activation and with the bias', async () => {
    const { ranges } = await run(block, x, { observed: [first, second, drawn(9)] });
    const inner = convolve(tf.tensor4d(x, shape), first, [0.1, -0.2, 0.3, 0]);
    const between = tf.leakyRelu(inner, 0.1);
    const extremes = (values: tf.Tensor) => [values.min().dataSync()[0]!, values.max().dataSync()[0]!];
    const expected = [
      ...extremes(tf.tensor4d(x, shape)),
      ...extremes(inner),
      ...extremes(between),
      ...extremes(convolve(between, second)),
    ];
    expected.forEach((value, index) => expect(ranges[index]).toBeCloseTo(value, 5));
    expect([...ranges.subarray(8)]).toEqual([Infinity, -Infinity, Infinity, -Infinity]);
  });
});

test('a filter of several convolutions is observed over all, and quantized by the ranges of all', async () => {
  const filter = drawn(4);
  const twice = (x: tf.Tensor) => convolve(convolve(x, filter), filter);
  const x = Float32Array.from(makeTensor({ shape }, 5).dataSync());
  const { ranges } = await run(twice, x, { observed: [filter] });
  const once = convolve(tf.tensor4d(x, shape), filter);
  expect(ranges[1]).toBeCloseTo(Math.max(...x, once.max().dataSync()[0]!), 5);
  expect(ranges[3]).toBeCloseTo(
    Math.max(once.max().dataSync()[0]!, convolve(once, filter).max().dataSync()[0]!),
    4,
  );
  const { graph } = await run(twice, x, {
    int8: [{ filter, input: [ranges[0]!, ranges[1]!], output: [ranges[2]!, ranges[3]!] }],
  });
  expect(operators(graph)['QLinearConv']).toBe(2);
});

test('what observed filters add does not take the place of an output', () => {
  expect(() => trace(({ x }) => ({ ranges: x! }), { x: { shape } }, { observed: [] })).toThrow(
    "Expected no output named 'ranges', which observed filters add, but received one.",
  );
});

test('nothing changes where no convolution has such a filter', async () => {
  const layer = (x: tf.Tensor) => convolve(x, drawn(6), [1, 2, 3, 4]);
  const other: Int8Convolution = { filter: drawn(7), input: [-1, 1], output: [-1, 1] };
  const x = Float32Array.from(makeTensor({ shape }, 8).dataSync());
  const [plain, same] = [await run(layer, x, {}), await run(layer, x, { int8: [other] })];
  expect(operators(same.graph)).toEqual(operators(plain.graph));
  expect(same.y).toEqual(plain.y);
});
