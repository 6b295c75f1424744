import type { Graph, GraphNode, Value } from './graph/graph.js';
import { collectNeeded } from './graph/model.js';
import * as onnx from './graph/operators.js';
import { convolveBytes, dequantize, quantizationOf, quantize } from './quantization.js';
import type { Filter, Quantization, ValueRange } from './quantization.js';

/** What is computed in 8-bit integers: a convolution with a filter, between the values that it is known to meet. */
export interface Int8Convolution {
  readonly filter: Filter;
  /** Of what it is given. */
  readonly input: ValueRange;
  /** Of what it gives, its bias added. */
  readonly output: ValueRange;
}

/** A convolution with what belongs to it. */
interface ConvolutionChain {
  convolution: GraphNode;
  /** Its filter as the function has it, where that is constant. */
  filter: Value | undefined;
  /** Its result, the bias added. */
  biased: Value;
  bias: Value | undefined;
  /** The slope of a leaky ReLU behind it. */
  slope: number | undefined;
  /** Its result, bias and activation included. */
  result: Value;
}

/**
 * The outputs of a graph, some convolutions of which are computed in 8-bit integers (Jacob et al. 2018): what
 * goes in is quantized in 256 steps over its range, weights for each output channel; sums are exact, in 32
 * bits, and what comes out is quantized over its range. A leaky ReLU behind is computed in bytes too, and
 * where the next such convolution takes bytes, it is given them. Everything else stays in floating point.
 *
 * Filters that no convolution of the graph has are left out.
 */
export function computeInInt8(
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  convolutions: readonly Int8Convolution[],
): Record<string, Value> {
  const chains = findChains(Object.values(outputs)).flatMap((chain) => {
    const known = convolutions.filter(({ filter }) => isFilter(chain.filter, filter));
    return known.length === 0 ? [] : [{ ...chain, known: known.reduce(joinConvolutions) }];
  });
  const chainsByEnd = new Map(chains.map((chain) => [chain.result.producer!, chain]));
  /** How what goes into such convolutions is quantized. */
  const wanted = new Map<Value, Quantization>();
  for (const { convolution, known } of chains) {
    const image = convolution.inputs[0]!;
    wanted.set(image, quantizationOf(join(wanted.get(image)?.range ?? known.input, known.input)));
  }

  const replaced = new Map<Value, Value>();
  /** What is known in bytes, by what it was in floating point. */
  const bytes = new Map<Value, Value>();
  const now = (value: Value): Value => replaced.get(value) ?? value;
  const bytesOf = (value: Value): Value => bytes.get(value) ?? quantize(now(value), wanted.get(value)!);
  for (const node of collectNeeded(producersOf(Object.values(outputs))).nodes) {
    const chain = chainsByEnd.get(node);
    if (!chain) {
      const { operator, inputs, attributes, domain } = node;
      const same = graph.emitAll(
        operator,
        inputs.map((input) => input && now(input)),
        attributes,
        node.outputs,
        domain,
      );
      node.outputs.forEach((output, index) => replaced.set(output, same[index]!));
      continue;
    }
    const { convolution, bias, slope, result, known } = chain;
    const image = convolution.inputs[0]!;
    const before = quantizationOf(known.output);
    let inBytes = convolveBytes(convolution, bytesOf(image), wanted.get(image)!, known.filter, bias, before);
    let after = before;
    if (slope !== undefined) {
      const [least, greatest] = before.range;
      after = wanted.get(result) ?? quantizationOf([least * slope, greatest]);
      inBytes = quantize(onnx.leakyRelu(dequantize(inBytes, before), slope), after);
    }
    if (wanted.get(result) === after) bytes.set(result, inBytes);
    replaced.set(result, dequantize(inBytes, after));
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, now(value)]));
}

/**
 * Between which values lies what some convolutions are given and give, their bias added, all those of the
 * graph with the same filter together: `[filters, 4]`, least and greatest input, least and greatest output;
 * for filters that none has, empty ranges: from `Infinity` to `-Infinity`.
 */
export function observeConvolutions(
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  filters: readonly Filter[],
): Value {
  const chains = findChains(Object.values(outputs));
  const rows = filters.map((filter) => {
    const own = chains.filter((chain) => isFilter(chain.filter, filter));
    if (own.length === 0) {
      return graph.constant(Float32Array.of(Infinity, -Infinity, Infinity, -Infinity), [1, 4], 'float32');
    }
    const extreme = (kind: 'Min' | 'Max', seen: readonly Value[]) =>
      onnx.reshape(
        onnx.elementwise(
          kind,
          seen.map((value) =>
            graph.emit(`Reduce${kind}`, [value], { keepdims: 0 }, { shape: [], type: value.type }),
          ),
        ),
        [1, 1],
      );
    const given = own.map(({ convolution }) => convolution.inputs[0]!);
    const got = own.map(({ biased }) => biased);
    return onnx.concat(
      [extreme('Min', given), extreme('Max', given), extreme('Min', got), extreme('Max', got)],
      1,
    );
  });
  return onnx.concat(rows, 0);
}

/** Whether a constant is this filter: most often the same array, else compared up to the first difference. */
function isFilter(constant: Value | undefined, { shape, values }: Filter): boolean {
  if (!constant || !onnx.sameShape(constant.shape, shape)) return false;
  const data = constant.data as Float32Array;
  return data === values || data.every((value, index) => value === values[index]);
}

/** What is known of a filter that is asked for twice. */
const joinConvolutions = (a: Int8Convolution, b: Int8Convolution): Int8Convolution => ({
  filter: a.filter,
  input: join(a.input, b.input),
  output: join(a.output, b.output),
});

const join = (a: ValueRange, b: ValueRange): ValueRange => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];

const producersOf = (values: readonly Value[]): GraphNode[] =>
  values.flatMap(({ producer }) => (producer ? [producer] : []));

/** The convolutions that some values need, with the biases and activations behind them. */
function findChains(outputs: readonly Value[]): ConvolutionChain[] {
  const { nodes } = collectNeeded(producersOf(outputs));
  const readers = new Map<Value, GraphNode[]>();
  for (const node of nodes) {
    for (const input of node.inputs) if (input) readers.set(input, [...(readers.get(input) ?? []), node]);
  }
  /** What alone reads a value, where it is such an operation. */
  const onlyReader = (value: Value, operator: string): GraphNode | undefined => {
    const [reader, ...others] = readers.get(value) ?? [];
    return others.length === 0 && reader?.operator === operator && !outputs.includes(value)
      ? reader
      : undefined;
  };
  return nodes
    .filter(({ operator, attributes }) => operator === 'Conv' && attributes['group'] === 1)
    .map((convolution) => {
      const [convolved] = convolution.outputs as [Value];
      const addition = onlyReader(convolved, 'Add');
      const bias = addition?.inputs.find((input) => input !== convolved && isPerChannel(input!, convolved));
      const biased = bias ? addition!.outputs[0]! : convolved;
      const activation = onlyReader(biased, 'LeakyRelu');
      return {
        convolution,
        filter: convolution.inputs[1]!.madeFrom,
        biased,
        bias,
        slope: activation && (activation.attributes['alpha'] as { float: number }).float,
        result: activation ? activation.outputs[0]! : biased,
      };
    });
}

/** Whether a constant has one number for each channel of `[B, C, H, W]`, or one for all. */
function isPerChannel({ data, shape }: Value, image: Value): boolean {
  if (!data) return false;
  return data.length === 1 || (data.length === image.shape[1] && shape.at(-3) === data.length);
}
