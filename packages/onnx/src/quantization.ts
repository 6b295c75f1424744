import { countElements } from './graph/graph.js';
import type { Graph, GraphNode, Value } from './graph/graph.js';
import { arrangeFilter } from './lowerings/filter-layout.js';

/** A constant filter as TensorFlow.js has it, `[height, width, in, out]`. Its numbers do not change. */
export interface Filter {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The least and the greatest of some values. */
export type ValueRange = readonly [least: number, greatest: number];

/**
 * Weights are integers from -64 to 64: two products with bytes then add up to less than 2^15, in which
 * processors without instructions for more (AVX2) hold them, and WebAssembly's relaxed products take 7 bits.
 */
const greatestWeight = 64;

/** How numbers become bytes: `byte = round(number / scale) + zero`. */
export interface Quantization {
  range: ValueRange;
  scale: number;
  zero: number;
}

/** 256 steps over a range, one of which is exactly zero, with which images are padded. */
export function quantizationOf([least, greatest]: ValueRange): Quantization {
  const range: ValueRange = [Math.min(least, 0), Math.max(greatest, 0)];
  const scale = Math.fround(Math.max((range[1] - range[0]) / 255, 1e-12));
  return { range, scale, zero: Math.min(255, Math.round(-range[0] / scale)) };
}

const parametersOf = (graph: Graph, { scale, zero }: Quantization): [scale: Value, zero: Value] => [
  graph.scalar(scale),
  graph.scalar(zero, 'uint8'),
];

/** Numbers as bytes; those beyond the range become its ends. */
export function quantize(value: Value, quantization: Quantization): Value {
  const { graph, shape } = value;
  return graph.emit(
    'QuantizeLinear',
    [value, ...parametersOf(graph, quantization)],
    {},
    { shape, type: 'uint8' },
  );
}

/** The numbers that bytes stand for. */
export function dequantize(value: Value, quantization: Quantization): Value {
  const { graph, shape } = value;
  return graph.emit(
    'DequantizeLinear',
    [value, ...parametersOf(graph, quantization)],
    {},
    { shape, type: 'float32' },
  );
}

/** A filter in 8-bit integers, `[out, in, height, width]`, and the size of their steps for each output channel. */
interface QuantizedFilter {
  integers: Int8Array;
  scales: Float32Array;
}

/** Of filters that were met before: a network is traced anew for every size of pictures. */
const quantizedFilters = new WeakMap<Filter, QuantizedFilter>();

/** @param arrangedShape `[out, in, height, width]`, with as many channels as there are to be. */
function quantizeFilter(filter: Filter, arrangedShape: readonly number[]): QuantizedFilter {
  const met = quantizedFilters.get(filter);
  if (met) return met;
  const { values, shape } = filter;
  const outputs = shape[3]!;
  const greatest = new Float32Array(outputs).fill(1e-12);
  for (let start = 0; start < values.length; start += outputs) {
    for (let output = 0; output < outputs; output++) {
      const size = Math.abs(values[start + output]!);
      if (size > greatest[output]!) greatest[output] = size;
    }
  }
  const scales = greatest.map((size) => size / greatestWeight);
  const integers = new Int8Array(values.length);
  for (let start = 0; start < values.length; start += outputs) {
    for (let output = 0; output < outputs; output++) {
      integers[start + output] = Math.round(values[start + output]! / scales[output]!);
    }
  }
  const arranged = new Int8Array(countElements(arrangedShape));
  const quantized = { integers: arrangeFilter(integers, shape, arranged), scales };
  quantizedFilters.set(filter, quantized);
  return quantized;
}

/** A convolution of bytes with bytes for its result. @param bias for each output channel, or one for all. */
export function convolveBytes(
  { attributes, inputs, outputs: [convolved] }: GraphNode,
  image: Value,
  quantizedImage: Quantization,
  filter: Filter,
  bias: Value | undefined,
  result: Quantization,
): Value {
  const { graph } = image;
  const filterShape = inputs[1]!.shape;
  const { integers, scales } = quantizeFilter(filter, filterShape);
  const outputs = scales.length;
  const biases = bias?.data as Float32Array | undefined;
  const sums = Int32Array.from({ length: outputs }, (_, output) =>
    Math.round((biases?.[biases.length === 1 ? 0 : output] ?? 0) / (quantizedImage.scale * scales[output]!)),
  );
  return graph.emit(
    'QLinearConv',
    [
      image,
      ...parametersOf(graph, quantizedImage),
      graph.constant(integers, filterShape, 'int8'),
      graph.constant(scales, [outputs], 'float32'),
      graph.constant(new Int8Array(outputs), [outputs], 'int8'),
      ...parametersOf(graph, result),
      graph.constant(sums, [outputs], 'int32'),
    ],
    attributes,
    { shape: convolved!.shape, type: 'uint8' },
  );
}
