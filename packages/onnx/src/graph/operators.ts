import { countElements, fillElements, float } from './graph.js';
import { onnxTypes } from './onnx-types.js';
import type { Attribute, ElementData, ElementType, Value } from './graph.js';

/**
 * The ONNX operators that lowerings are written with, each knowing the shape of its result. All are pure and
 * cheap to ask for twice (see `Graph`); transposes, reshapes and slices of constants are done here and now.
 */

/** The shape that NumPy broadcasting gives. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((size, index) => {
      const axis = index + rank - shape.length;
      if (size !== 1) result[axis] = size;
    });
  }
  return result;
}

/** Whether two shapes are equal. */
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/** An operator that works element by element with broadcasting. */
export function elementwise(
  operator: string,
  inputs: readonly Value[],
  attributes: Record<string, Attribute> = {},
  type: ElementType = inputs[0]!.type,
): Value {
  return inputs[0]!.graph.emit(operator, inputs, attributes, {
    shape: broadcastShape(inputs.map((input) => input.shape)),
    type,
  });
}

/** Whether a value is a constant of that one element. */
export const isUniform = (value: Value | undefined, element: number): boolean =>
  value?.data?.length === 1 && Number(value.data[0]) === element;

// Sums, differences, products and quotients broadcast; a 0 that is added or a 1 that multiplies adds no node,
// and numbers that are constant are computed here.

export function add(a: Value, b: Value): Value {
  if (isUniform(a, 0) && sameShape(broadcastShape([a.shape, b.shape]), b.shape)) return b;
  if (isUniform(b, 0) && sameShape(broadcastShape([a.shape, b.shape]), a.shape)) return a;
  return foldScalars(a, b, (x, y) => x + y) ?? elementwise('Add', [a, b]);
}

export function subtract(a: Value, b: Value): Value {
  if (isUniform(b, 0) && sameShape(broadcastShape([a.shape, b.shape]), a.shape)) return a;
  return foldScalars(a, b, (x, y) => x - y) ?? elementwise('Sub', [a, b]);
}

export function multiply(a: Value, b: Value): Value {
  if (isUniform(a, 1) && sameShape(broadcastShape([a.shape, b.shape]), b.shape)) return b;
  if (isUniform(b, 1) && sameShape(broadcastShape([a.shape, b.shape]), a.shape)) return a;
  return foldScalars(a, b, (x, y) => x * y) ?? elementwise('Mul', [a, b]);
}

export function divide(a: Value, b: Value): Value {
  if (isUniform(b, 1) && sameShape(broadcastShape([a.shape, b.shape]), a.shape)) return a;
  return (
    (a.type === 'float32' ? foldScalars(a, b, (x, y) => x / y) : undefined) ?? elementwise('Div', [a, b])
  );
}

function foldScalars(a: Value, b: Value, operation: (x: number, y: number) => number): Value | undefined {
  if (a.data?.length !== 1 || b.data?.length !== 1 || a.type === 'int64') return undefined;
  const shape = broadcastShape([a.shape, b.shape]);
  return a.graph.constant(
    fillElements(a.type, 1, operation(Number(a.data[0]), Number(b.data[0]))),
    shape,
    a.type,
  );
}

/** `x` as another element type. */
export function cast(x: Value, type: ElementType): Value {
  if (x.type === type) return x;
  return x.graph.emit('Cast', [x], { to: onnxTypes[type] }, { shape: x.shape, type });
}

/** The same elements in another shape, in the same order. */
export function reshape(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  if (x.data) return x.graph.constant(x.data, shape, x.type);
  const source = x.producer?.operator === 'Reshape' ? x.producer.inputs[0]! : x;
  if (sameShape(source.shape, shape)) return source;
  return x.graph.emit('Reshape', [source, x.graph.integers(shape)], {}, { shape, type: x.type });
}

/** Axes moved so that `result.shape[i] = x.shape[order[i]]`. */
export function transpose(x: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => x.shape[axis]!);
  const movedAxes = order.filter((axis) => x.shape[axis] !== 1);
  const keepsMemoryOrder = movedAxes.every((axis, index) => index === 0 || axis > movedAxes[index - 1]!);
  if (keepsMemoryOrder) return reshape(x, shape);
  if (x.data) return x.graph.constant(transposeElements(x.data, x.shape, order), shape, x.type);
  if (x.producer?.operator === 'Transpose') {
    const before = x.producer.attributes['perm'] as readonly number[];
    return transpose(
      x.producer.inputs[0]!,
      order.map((axis) => before[axis]!),
    );
  }
  return x.graph.emit('Transpose', [x], { perm: [...order] }, { shape, type: x.type });
}

function transposeElements(
  data: ElementData,
  shape: readonly number[],
  order: readonly number[],
): ElementData {
  const strides = stridesOf(shape);
  // Axes that stay side by side are walked along as one.
  const walks: { size: number; stride: number }[] = [];
  for (const axis of order.filter((candidate) => shape[candidate] !== 1)) {
    const [size, stride, last] = [shape[axis]!, strides[axis]!, walks.at(-1)];
    if (last?.stride === size * stride) walks.splice(-1, 1, { size: last.size * size, stride });
    else walks.push({ size, stride });
  }
  const innermost = walks.pop() ?? { size: 1, stride: 1 };
  const position = new Array<number>(walks.length).fill(0);
  const result = data.slice();
  let start = 0;
  for (let index = 0; index < data.length;) {
    for (let step = 0, source = start; step < innermost.size; step++, source += innermost.stride) {
      result[index++] = data[source]!;
    }
    for (let axis = walks.length - 1; axis >= 0; axis--) {
      const { size, stride } = walks[axis]!;
      start += stride;
      position[axis]! += 1;
      if (position[axis]! < size) break;
      start -= stride * size;
      position[axis] = 0;
    }
  }
  return result;
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** `x[begin : begin + size : step]` on the named axes; a negative step walks backwards from `begin`. */
export function slice(
  x: Value,
  axes: readonly number[],
  begins: readonly number[],
  sizes: readonly number[],
  steps: readonly number[] = axes.map(() => 1),
): Value {
  const kept = axes
    .map((_, index) => index)
    .filter((index) => begins[index] !== 0 || sizes[index] !== x.shape[axes[index]!] || steps[index] !== 1);
  if (kept.length === 0) return x;
  const shape = [...x.shape];
  for (const index of kept) shape[axes[index]!] = sizes[index]!;
  const pick = (values: readonly number[]) => kept.map((index) => values[index]!);
  const ends = kept.map((index) => {
    const end = begins[index]! + (sizes[index]! - 1) * steps[index]! + Math.sign(steps[index]!);
    return end < 0 ? -(2 ** 31) : end;
  });
  const { graph } = x;
  return graph.emit(
    'Slice',
    [
      x,
      graph.integers(pick(begins)),
      graph.integers(ends),
      graph.integers(pick(axes)),
      graph.integers(pick(steps)),
    ],
    {},
    { shape, type: x.type },
  );
}

/** The order of elements reversed along axes. */
export function flip(x: Value, axes: readonly number[]): Value {
  const sizes = axes.map((axis) => x.shape[axis]!);
  return slice(
    x,
    axes,
    sizes.map((size) => size - 1),
    sizes,
    axes.map(() => -1),
  );
}

/** Values one after the other along an axis. */
export function concat(values: readonly Value[], axis: number): Value {
  const parts = values.filter((value) => value.shape[axis] !== 0);
  if (parts.length === 1) return parts[0]!;
  const [first] = values;
  const shape = [...first!.shape];
  shape[axis] = values.reduce((total, value) => total + value.shape[axis]!, 0);
  return first!.graph.emit(
    'Concat',
    parts.length === 0 ? values : parts,
    { axis },
    { shape, type: first!.type },
  );
}

/** Values before and after each axis: `constant` (with `value`), `reflect` or `edge`. */
export function pad(
  x: Value,
  before: readonly number[],
  after: readonly number[],
  mode: 'constant' | 'reflect' | 'edge' = 'constant',
  value = 0,
): Value {
  if ([...before, ...after].every((amount) => amount === 0)) return x;
  const shape = x.shape.map((size, axis) => size + before[axis]! + after[axis]!);
  const fill = mode === 'constant' ? x.graph.scalar(value, x.type) : undefined;
  return x.graph.emit(
    'Pad',
    fill ? [x, x.graph.integers([...before, ...after]), fill] : [x, x.graph.integers([...before, ...after])],
    { mode },
    { shape, type: x.type },
  );
}

/** `x` repeated to a larger shape by broadcasting. */
export function expand(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const { graph } = x;
  if (x.data?.length === 1 && countElements(shape) <= 256) {
    return graph.constant(fillElements(x.type, countElements(shape), Number(x.data[0])), shape, x.type);
  }
  return graph.emit('Expand', [x, graph.integers(shape)], {}, { shape, type: x.type });
}

/** A constant of any size, all elements equal. */
export function filled(
  x: Value['graph'],
  shape: readonly number[],
  value: number,
  type: ElementType = 'float32',
): Value {
  return expand(x.scalar(value, type), shape);
}

export type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd';

/** `x` reduced over some axes, which are left out, or kept with size 1; over none: `x` itself. */
export function reduce(
  operator: Reduction,
  x: Value,
  axes: readonly number[],
  keepDimensions = false,
): Value {
  if (axes.length === 0) return x;
  const shape = keepDimensions
    ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : x.shape.filter((_, axis) => !axes.includes(axis));
  if (axes.every((axis) => x.shape[axis] === 1)) return reshape(x, shape);
  return x.graph.emit(
    operator,
    [x, x.graph.integers(axes)],
    { keepdims: keepDimensions ? 1 : 0 },
    { shape, type: x.type },
  );
}

/** Product of the last two axes; the axes before them broadcast. */
export function matMul(a: Value, b: Value): Value {
  const shape = [
    ...broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2), []]),
    a.shape.at(-2)!,
    b.shape.at(-1)!,
  ];
  return a.graph.emit('MatMul', [a, b], {}, { shape, type: a.type });
}

/** The last two axes exchanged. */
export function transposeMatrix(x: Value): Value {
  const order = x.shape.map((_, axis) => axis);
  order.splice(-2, 2, x.shape.length - 1, x.shape.length - 2);
  return transpose(x, order);
}

/** The slices of `x` at `indices` along an axis, which the axes of `indices` take the place of. */
export function gather(x: Value, indices: Value, axis: number): Value {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return x.graph.emit('Gather', [x, indices], { axis }, { shape, type: x.type });
}

/**
 * ONNX Runtime adds with several threads from 210,000 elements on, and then loses updates that meet at one
 * place (measured in 1.30 with 2 threads: 60 of 60 runs wrong at 215,000 elements, none at 205,000).
 */
const addedByOneThread = 200_000;

/** `x` with the rows of `updates` `[N, ...]` added at `indices` (int64, `[N, depth]`); indices may repeat. */
export function scatterAdd(x: Value, indices: Value, updates: Value): Value {
  const [count, depth] = indices.shape as [number, number];
  const rowsAtOnce = Math.max(1, Math.floor(addedByOneThread / countElements(x.shape.slice(depth))));
  const sizes = Array.from({ length: Math.ceil(count / rowsAtOnce) }, (_, part) =>
    Math.min(rowsAtOnce, count - part * rowsAtOnce),
  );
  const updateParts = split(updates, 0, sizes);
  return split(indices, 0, sizes).reduce(
    (sum, part, index) =>
      x.graph.emit(
        'ScatterND',
        [sum, part, updateParts[index]!],
        { reduction: 'add' },
        { shape: x.shape, type: x.type },
      ),
    x,
  );
}

/** Consecutive parts of given sizes along an axis. */
export function split(x: Value, axis: number, sizes: readonly number[]): readonly Value[] {
  if (sizes.length === 1) return [x];
  const outputs = sizes.map((size) => ({
    shape: x.shape.map((length, index) => (index === axis ? size : length)),
    type: x.type,
  }));
  return x.graph.emitAll('Split', [x, x.graph.integers(sizes)], { axis }, outputs);
}

/** Element by element, `then` where the condition holds, else `otherwise`; all three broadcast. */
export function where(condition: Value, then: Value, otherwise: Value): Value {
  return condition.graph.emit(
    'Where',
    [condition, then, otherwise],
    {},
    { shape: broadcastShape([condition.shape, then.shape, otherwise.shape]), type: then.type },
  );
}

/** Every element, moved into `low` to `high`. */
export function clip(x: Value, low: number, high: number): Value {
  return x.graph.emit(
    'Clip',
    [x, x.graph.scalar(low, x.type), x.graph.scalar(high, x.type)],
    {},
    { shape: x.shape, type: x.type },
  );
}

/** `x` where it is positive, else `alpha` times it. */
export function leakyRelu(x: Value, alpha: number): Value {
  return x.graph.emit('LeakyRelu', [x], { alpha: float(alpha) }, { shape: x.shape, type: x.type });
}
