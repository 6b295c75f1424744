import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import type { DataType } from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import {
  chooseLayout,
  elementType,
  fromChannelsFirst,
  fromCompact,
  fromLayout,
  fromPlain,
  storedAxis,
} from '../traced-tensor.js';
import type { Layout, TracedTensor } from '../traced-tensor.js';
import { lowering } from './lowering.js';
import type { Lowering } from './lowering.js';

/** Per-axis settings of a tensor in the order of the axes that it is stored in. */
const stored = <T>(perAxis: readonly T[], layout: Layout): T[] =>
  layout === 'plain' ? [...perAxis] : [0, 3, 1, 2].map((axis) => perAxis[axis]!);

const allAxes = (x: { shape: readonly number[] }): number[] => x.shape.map((_, axis) => axis);

function reshapeTensor(x: TracedTensor, shape: readonly number[]): TracedTensor {
  if (onnx.sameShape(x.shape, shape)) return x;
  if (x.compact && onnx.broadcastShape([x.compact.shape]).every((size) => size === 1)) {
    return fromCompact(onnx.reshape(x.compact, []), shape);
  }
  return fromPlain(onnx.reshape(x.plain(), shape));
}

function concatTensors(tensors: readonly TracedTensor[], axis: number): TracedTensor {
  const layout = chooseLayout(tensors, tensors[0]!.rank);
  return fromLayout(
    onnx.concat(
      tensors.map((tensor) => tensor.whole(layout)),
      storedAxis(axis, layout),
    ),
    layout,
  );
}

function sliceTensor(
  x: TracedTensor,
  begins: readonly number[],
  sizes: readonly number[],
  steps: readonly number[] = begins.map(() => 1),
): TracedTensor {
  if (x.uniform !== undefined && x.compact) return fromCompact(x.compact, sizes);
  const layout = chooseLayout([x], x.rank);
  return fromLayout(
    onnx.slice(
      x.whole(layout),
      allAxes(x),
      stored(begins, layout),
      stored(sizes, layout),
      stored(steps, layout),
    ),
    layout,
  );
}

function constantLike(graph: Graph, shape: readonly number[], value: number, dtype: DataType): TracedTensor {
  return fromCompact(graph.scalar(value, elementType(dtype)), shape);
}

/** Indices as ONNX wants them. */
const asIndices = (indices: TracedTensor): Value => onnx.cast(indices.plain(), 'int64');

export const shapeLowerings: Record<string, Lowering> = {
  Identity: lowering<'x'>(({ inputs: { x } }) => x),
  // Not of TensorFlow.js. In the midst of a graph, ONNX's Identity stands for nothing else.
  StopGradient: lowering<'x'>(({ inputs: { x } }) => {
    const layout = chooseLayout([x], x.rank);
    const value = x.whole(layout);
    return fromLayout(onnx.elementwise('Identity', [value], {}, value.type), layout);
  }),
  Reshape: lowering<'x', { shape: number[] }>(({ inputs: { x }, attrs: { shape } }) =>
    reshapeTensor(x, util.inferFromImplicitShape(shape, util.sizeFromShape([...x.shape]))),
  ),
  ExpandDims: lowering<'input', { dim: number }>(({ inputs: { input }, attrs: { dim } }) => {
    const shape = [...input.shape];
    shape.splice(dim < 0 ? input.rank + dim + 1 : dim, 0, 1);
    return reshapeTensor(input, shape);
  }),
  Transpose: lowering<'x', { perm: number[] }>(({ inputs: { x }, attrs: { perm } }) => {
    if (x.compact && x.uniform !== undefined) {
      return fromCompact(
        x.compact,
        perm.map((axis) => x.shape[axis]!),
      );
    }
    if (!x.isPlain && x.isChannelsFirst) {
      return fromPlain(
        onnx.transpose(
          x.channelsFirst(),
          perm.map((axis) => storedAxis(axis, 'channels-first')),
        ),
      );
    }
    return fromPlain(onnx.transpose(x.plain(), perm));
  }),
  Concat: lowering<string, { axis: number }>(({ inputs, attrs: { axis } }) => {
    const tensors = Object.values(inputs);
    return concatTensors(tensors, util.parseAxisParam(axis, [...tensors[0]!.shape])[0]!);
  }),
  Pack: lowering<string, { axis: number }>(({ inputs, attrs: { axis } }) => {
    const tensors = Object.values(inputs);
    const position = axis < 0 ? tensors[0]!.rank + 1 + axis : axis;
    const shape = [...tensors[0]!.shape];
    shape.splice(position, 0, 1);
    return concatTensors(
      tensors.map((tensor) => reshapeTensor(tensor, shape)),
      position,
    );
  }),
  Unpack: lowering<'value', { axis: number }>(({ inputs: { value }, attrs: { axis } }) => {
    const [position] = util.parseAxisParam(axis, [...value.shape]);
    const partShape = value.shape.filter((_, index) => index !== position);
    const sizes = value.shape.map((size, index) => (index === position ? 1 : size));
    return Array.from({ length: value.shape[position!]! }, (_, part) => {
      const begins = value.shape.map((_size, index) => (index === position ? part : 0));
      return reshapeTensor(sliceTensor(value, begins, sizes), partShape);
    });
  }),
  Slice: lowering<'x', { begin: number | number[]; size: number | number[] }>(
    ({ inputs: { x }, attrs: { begin, size } }) => {
      const [begins, sizes] = slice_util.parseSliceParams(
        { shape: [...x.shape], rank: x.rank } as never,
        begin,
        size,
      );
      return sliceTensor(x, begins!, sizes!);
    },
  ),
  StridedSlice: lowering<
    'x',
    {
      begin: number[];
      end: number[];
      strides: number[];
      beginMask: number;
      endMask: number;
      ellipsisMask: number;
      newAxisMask: number;
      shrinkAxisMask: number;
    }
  >(({ inputs: { x }, attrs }) => {
    const info = slice_util.sliceInfo(
      [...x.shape],
      attrs.begin,
      attrs.end,
      attrs.strides,
      attrs.beginMask,
      attrs.endMask,
      attrs.ellipsisMask,
      attrs.newAxisMask,
      attrs.shrinkAxisMask,
    );
    const sizes = slice_util.computeOutShape(info.begin, info.end, info.strides);
    return reshapeTensor(sliceTensor(x, info.begin, sizes, info.strides), info.finalShape);
  }),
  SplitV: lowering<'x', { numOrSizeSplits: number | number[]; axis: number }>(
    ({ inputs: { x }, attrs: { numOrSizeSplits, axis } }) => {
      const [position] = util.parseAxisParam(axis, [...x.shape]);
      const partSizes = backend_util.prepareSplitSize(
        { shape: [...x.shape] } as never,
        numOrSizeSplits,
        position,
      );
      const layout = chooseLayout([x], x.rank);
      return onnx
        .split(x.whole(layout), storedAxis(position!, layout), partSizes)
        .map((part) => fromLayout(part, layout));
    },
  ),
  PadV2: lowering<'x', { paddings: [number, number][]; constantValue: number }>(
    ({ inputs: { x }, attrs: { paddings, constantValue } }) => {
      const layout = chooseLayout([x], x.rank);
      const amounts = stored(paddings, layout);
      return fromLayout(
        onnx.pad(
          x.whole(layout),
          amounts.map(([before]) => before),
          amounts.map(([, after]) => after),
          'constant',
          constantValue,
        ),
        layout,
      );
    },
  ),
  MirrorPad: lowering<'x', { paddings: [number, number][]; mode: 'reflect' | 'symmetric' }>(
    ({ inputs: { x }, attrs: { paddings, mode } }) => {
      const layout = chooseLayout([x], x.rank);
      const value = x.whole(layout);
      const amounts = stored(paddings, layout);
      if (mode === 'reflect') {
        return fromLayout(
          onnx.pad(
            value,
            amounts.map(([before]) => before),
            amounts.map(([, after]) => after),
            'reflect',
          ),
          layout,
        );
      }
      // ONNX has no mirror that repeats the edge: the mirrored borders are cut out and put around.
      const padded = amounts.reduce((current, [before, after], axis) => {
        const size = current.shape[axis]!;
        const parts = [current];
        if (before > 0) parts.unshift(onnx.slice(current, [axis], [before - 1], [before], [-1]));
        if (after > 0) parts.push(onnx.slice(current, [axis], [size - 1], [after], [-1]));
        return onnx.concat(parts, axis);
      }, value);
      return fromLayout(padded, layout);
    },
  ),
  Tile: lowering<'x', { reps: number[] }>(({ inputs: { x }, attrs: { reps } }) => {
    if (x.uniform !== undefined && x.compact) {
      return fromCompact(
        x.compact,
        x.shape.map((size, axis) => size * reps[axis]!),
      );
    }
    const layout = chooseLayout([x], x.rank);
    const value = x.whole(layout);
    const repeats = stored(reps, layout);
    const shape = value.shape.map((size, axis) => size * repeats[axis]!);
    if (repeats.every((count, axis) => count === 1 || value.shape[axis] === 1)) {
      return fromLayout(onnx.expand(value, shape), layout);
    }
    return fromLayout(
      value.graph.emit('Tile', [value, value.graph.integers(repeats)], {}, { shape, type: value.type }),
      layout,
    );
  }),
  BroadcastTo: lowering<'x', { shape: number[] }>(({ inputs: { x }, attrs: { shape } }) =>
    fromCompact(x.operand('plain', shape.length), shape),
  ),
  Reverse: lowering<'x', { dims: number | number[] }>(({ inputs: { x }, attrs: { dims } }) => {
    const layout = chooseLayout([x], x.rank);
    const axes = util.parseAxisParam(dims, [...x.shape]).map((axis) => storedAxis(axis, layout));
    return fromLayout(onnx.flip(x.whole(layout), axes), layout);
  }),

  Fill: lowering<never, { shape: number[]; value: number; dtype?: DataType }>(
    ({ graph, attrs: { shape, value, dtype } }) => constantLike(graph, shape, value, dtype ?? 'float32'),
  ),
  ZerosLike: lowering<'x'>(({ graph, inputs: { x } }) => constantLike(graph, x.shape, 0, x.dtype)),
  OnesLike: lowering<'x'>(({ graph, inputs: { x } }) => constantLike(graph, x.shape, 1, x.dtype)),
  Range: lowering<never, { start: number; stop: number; step: number; dtype?: DataType }>(
    ({ graph, attrs: { start, stop, step, dtype = 'float32' } }) => {
      const length = Math.max(0, Math.ceil((stop - start) / step));
      const values = Array.from({ length }, (_, index) => start + index * step);
      return fromPlain(
        dtype === 'int32'
          ? graph.constant(Int32Array.from(values), [length], 'int32')
          : graph.constant(Float32Array.from(values), [length], 'float32'),
      );
    },
  ),
  LinSpace: lowering<never, { start: number; stop: number; num: number }>(
    ({ graph, attrs: { start, stop, num } }) => {
      const values = Float32Array.from(
        { length: num },
        (_, index) => start + (index * (stop - start)) / Math.max(num - 1, 1),
      );
      return fromPlain(graph.constant(values, [num], 'float32'));
    },
  ),

  GatherV2: lowering<'x' | 'indices', { axis: number; batchDims: number }>(
    ({ inputs: { x, indices }, attrs: { axis, batchDims = 0 } }) => {
      const [position] = util.parseAxisParam(axis, [...x.shape]);
      if (batchDims !== 0) throw new Error(`Expected gather with batchDims 0 but received ${batchDims}`);
      return fromPlain(onnx.gather(x.plain(), indices.plain(), position!));
    },
  ),
  GatherNd: lowering<'params' | 'indices'>(({ inputs: { params, indices } }) => {
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(indices.shape.at(-1)!)];
    const value = params.plain();
    return fromPlain(
      value.graph.emit('GatherND', [value, asIndices(indices)], {}, { shape, type: value.type }),
    );
  }),
  ScatterNd: lowering<'indices' | 'updates', { shape: number[] }>(
    ({ graph, inputs: { indices, updates }, attrs: { shape } }) => {
      const depth = indices.shape.at(-1)!;
      const count = util.sizeFromShape([...indices.shape]) / depth;
      const rows = onnx.reshape(updates.plain(), [count, ...shape.slice(depth)]);
      return fromPlain(
        onnx.scatterAdd(
          onnx.filled(graph, shape, 0, updates.type),
          onnx.reshape(asIndices(indices), [count, depth]),
          rows,
        ),
      );
    },
  ),
  UnsortedSegmentSum: lowering<'x' | 'segmentIds', { numSegments: number }>(
    ({ graph, inputs: { x, segmentIds }, attrs: { numSegments } }) => {
      const rows = onnx.reshape(asIndices(segmentIds), [segmentIds.shape[0]!, 1]);
      return fromPlain(
        onnx.scatterAdd(onnx.filled(graph, [numSegments, ...x.shape.slice(1)], 0, x.type), rows, x.plain()),
      );
    },
  ),

  DepthToSpace: lowering<'x', { blockSize: number; dataFormat: string }>(
    ({ inputs: { x }, attrs: { blockSize, dataFormat } }) => {
      if (dataFormat !== 'NHWC') throw new Error(`Expected depthToSpace in NHWC but received ${dataFormat}`);
      const [batch, height, width, channels] = x.shape as [number, number, number, number];
      const value = x.channelsFirst();
      const shape = [batch, channels / blockSize ** 2, height * blockSize, width * blockSize];
      return fromChannelsFirst(
        value.graph.emit(
          'DepthToSpace',
          [value],
          { blocksize: blockSize, mode: 'DCR' },
          { shape, type: value.type },
        ),
      );
    },
  ),
};
