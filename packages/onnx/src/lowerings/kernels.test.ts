import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { createSession } from '../node.js';
import { trace } from '../trace.js';
import { makeTensor, relativeError, runKernel, runTraced } from '../test-tensors.test-tool.js';
import type { TestTensor } from '../test-tensors.test-tool.js';
import { lowerings } from './index.js';
import {
  resizeBilinearGradientReference,
  resizeNearestGradientReference,
  sampleCoordinatesGradientReference,
  sampleImageGradientReference,
  sampleReference,
} from './reference-kernels.test-tool.js';

interface KernelCase {
  kernel: string;
  /** What sets this case apart from others of its kernel. */
  note?: string;
  inputs: Record<string, TestTensor>;
  attrs?: Record<string, unknown>;
  /** The result where the `cpu` backend has no such kernel, or a wrong one. */
  reference?: (inputs: Record<string, tf.Tensor>) => ArrayLike<number>;
}

const f = (...shape: number[]): TestTensor => ({ shape });
const positive = (...shape: number[]): TestTensor => ({ shape, range: [0.1, 3] });
const integers = (from: number, below: number, ...shape: number[]): TestTensor => ({
  shape,
  dtype: 'int32',
  range: [from, below],
});
const booleans = (...shape: number[]): TestTensor => ({ shape, dtype: 'bool' });

const image = f(2, 4, 5, 3);

const unary = (kernels: string[], x: TestTensor = image): KernelCase[] =>
  kernels.map((kernel) => ({ kernel, inputs: { x } }));

const binary = (kernels: string[], b: TestTensor = image, a: TestTensor = image, note = ''): KernelCase[] =>
  kernels.map((kernel) => ({ kernel, note, inputs: { a, b } }));

const reductions = (kernels: string[], x: TestTensor = image, axisName = 'axis'): KernelCase[] =>
  kernels.flatMap((kernel) => [
    { kernel, note: 'everything', inputs: { x }, attrs: { [axisName]: [0, 1, 2, 3], keepDims: false } },
    { kernel, note: 'pixels', inputs: { x }, attrs: { [axisName]: [1, 2], keepDims: false } },
    {
      kernel,
      note: 'rows, which leaves axes in another order than stored',
      inputs: { x },
      attrs: { [axisName]: [1], keepDims: false },
    },
    { kernel, note: 'channels, kept', inputs: { x }, attrs: { [axisName]: [3], keepDims: true } },
    {
      kernel,
      note: 'a matrix',
      inputs: { x: { ...x, shape: [3, 4] } },
      attrs: { [axisName]: [1], keepDims: false },
    },
  ]);

const convolution = (
  strides: number | [number, number],
  pad: unknown,
  dilations: number | [number, number] = 1,
) => ({ strides, pad, dataFormat: 'NHWC', dilations });
const explicitPad = [
  [0, 0],
  [1, 2],
  [0, 1],
  [0, 0],
];

/** Input size, filter size, stride and padding of convolutions and their two gradients. */
const convolutions = [
  { note: '3x3 same', size: [5, 6], filter: [3, 3], strides: 1, pad: 'same', output: [5, 6] },
  { note: '3x3 valid', size: [5, 6], filter: [3, 3], strides: 1, pad: 'valid', output: [3, 4] },
  { note: '1x1', size: [5, 6], filter: [1, 1], strides: 1, pad: 'same', output: [5, 6] },
  {
    note: '2x2 same, padded on one side',
    size: [5, 6],
    filter: [2, 2],
    strides: 1,
    pad: 'same',
    output: [5, 6],
  },
  { note: '3x3 stride 2, even size', size: [6, 8], filter: [3, 3], strides: 2, pad: 'same', output: [3, 4] },
  { note: '3x3 stride 2, odd size', size: [7, 5], filter: [3, 3], strides: 2, pad: 'same', output: [4, 3] },
  { note: '4x4 stride 2', size: [6, 8], filter: [4, 4], strides: 2, pad: 'same', output: [3, 4] },
  {
    note: '2x2 stride 2 valid, odd size',
    size: [7, 5],
    filter: [2, 2],
    strides: 2,
    pad: 'valid',
    output: [3, 2],
  },
  {
    note: '3x3 stride 2, a single pixel',
    size: [1, 1],
    filter: [3, 3],
    strides: 2,
    pad: 'same',
    output: [1, 1],
  },
  { note: '5x5 stride 3', size: [10, 7], filter: [5, 5], strides: 3, pad: 'same', output: [4, 3] },
  { note: '1x1 stride 2', size: [5, 6], filter: [1, 1], strides: 2, pad: 'same', output: [3, 3] },
  {
    note: '3x2, strides 2 and 1',
    size: [5, 6],
    filter: [3, 2],
    strides: [2, 1],
    pad: 'same',
    output: [3, 6],
  },
  {
    note: '3x3 stride 2, even size, padded alike on both sides',
    size: [6, 8],
    filter: [3, 3],
    strides: 2,
    pad: 1,
    output: [3, 4],
  },
  { note: 'explicit padding', size: [5, 6], filter: [3, 3], strides: 1, pad: explicitPad, output: [6, 5] },
  {
    note: 'explicit padding larger than the filter',
    size: [5, 6],
    filter: [1, 1],
    strides: 1,
    pad: explicitPad,
    output: [8, 7],
  },
] as const;

const convolutionCases = convolutions.flatMap(
  ({ note, size, filter, strides, pad, output }): KernelCase[] => {
    const [inputShape, filterShape, outputShape] = [
      [2, ...size, 3],
      [...filter, 3, 4],
      [2, ...output, 4],
    ];
    const attrs = convolution(strides as number, pad);
    return [
      { kernel: 'Conv2D', note, inputs: { x: f(...inputShape), filter: f(...filterShape) }, attrs },
      {
        kernel: 'Conv2DBackpropInput',
        note,
        inputs: { dy: f(...outputShape), filter: f(...filterShape) },
        attrs: { ...attrs, inputShape },
      },
      {
        kernel: 'Conv2DBackpropFilter',
        note,
        inputs: { x: f(...inputShape), dy: f(...outputShape) },
        attrs: { ...attrs, filterShape },
      },
    ];
  },
);

const pooling = (filterSize: number, strides: number, pad: unknown) => ({ filterSize, strides, pad });
const poolings: [string, Record<string, unknown>, number[]][] = [
  ['2x2', pooling(2, 2, 'valid'), [2, 2, 3, 3]],
  ['2x2, a row left over', pooling(2, 2, 'valid'), [2, 2, 3, 3]],
  ['3x3 overlapping, padded', pooling(3, 2, 'same'), [2, 2, 3, 3]],
  ['3x3 at every pixel', pooling(3, 1, 'valid'), [2, 2, 3, 3]],
  ['2x2 at every pixel, padded', pooling(2, 1, 'same'), [2, 3, 4, 3]],
];
const pooledInputs = [f(2, 4, 6, 3), f(2, 5, 7, 3), f(2, 4, 5, 3), f(2, 4, 5, 3), f(2, 3, 4, 3)];
const poolingCases = poolings.flatMap(([note, attrs, outputShape], index): KernelCase[] => {
  const input = pooledInputs[index]!;
  return [
    { kernel: 'AvgPool', note, inputs: { x: input }, attrs },
    { kernel: 'AvgPoolGrad', note, inputs: { dy: f(...outputShape), input }, attrs },
    { kernel: 'MaxPool', note, inputs: { x: input }, attrs },
    {
      kernel: 'MaxPoolGrad',
      note,
      inputs: { dy: f(...outputShape), input, output: f(...outputShape) },
      attrs,
    },
  ];
});

const resizes = [
  { note: 'up', from: [4, 5], size: [8, 11] },
  { note: 'down', from: [8, 9], size: [4, 3] },
  { note: 'to one pixel', from: [4, 5], size: [1, 1] },
];
const resizeCases = resizes.flatMap(({ note, from, size }) =>
  [
    { alignCorners: false, halfPixelCenters: false },
    { alignCorners: true, halfPixelCenters: false },
    { alignCorners: false, halfPixelCenters: true },
  ].flatMap((options): KernelCase[] => {
    const described = `${note}, ${options.alignCorners ? 'aligned corners' : options.halfPixelCenters ? 'half-pixel centres' : 'asymmetric'}`;
    const [images, dy] = [f(2, ...from, 3), f(2, ...size, 3)];
    return [
      { kernel: 'ResizeBilinear', note: described, inputs: { images }, attrs: { ...options, size } },
      // The cpu kernel takes half-pixel centres for asymmetric ones.
      {
        kernel: 'ResizeBilinearGrad',
        note: described,
        inputs: { images, dy },
        attrs: options,
        reference: ({ dy: gradient }) =>
          resizeBilinearGradientReference(gradient as tf.Tensor4D, from, options),
      },
      { kernel: 'ResizeNearestNeighbor', note: described, inputs: { images }, attrs: { ...options, size } },
      // The cpu kernel looks in the wrong place for images after the first.
      {
        kernel: 'ResizeNearestNeighborGrad',
        note: described,
        inputs: { images, dy },
        attrs: options,
        reference: ({ dy: gradient }) =>
          resizeNearestGradientReference(gradient as tf.Tensor4D, from, options),
      },
    ];
  }),
);

const samplings = [
  {
    note: 'inside',
    image: f(2, 5, 6, 3),
    coordinates: { shape: [2, 3, 4, 2], range: [0.1, 3.9] as [number, number] },
  },
  {
    note: 'across the edges',
    image: f(2, 5, 6, 3),
    coordinates: { shape: [2, 3, 4, 2], range: [-3, 8] as [number, number] },
  },
  {
    note: 'many places on the same pixels',
    image: f(1, 2, 3, 2),
    coordinates: { shape: [1, 9, 9, 2], range: [-0.5, 2.5] as [number, number] },
  },
  {
    note: 'a single row',
    image: f(1, 1, 4, 2),
    coordinates: { shape: [1, 3, 4, 2], range: [-1.5, 3.5] as [number, number] },
  },
  {
    note: 'a single pixel',
    image: f(1, 1, 1, 2),
    coordinates: { shape: [1, 3, 4, 2], range: [-1.5, 1.5] as [number, number] },
  },
];
const samplingCases = samplings.flatMap(({ note, image: source, coordinates }) =>
  (['border', 'zeros'] as const).flatMap((padding): KernelCase[] => {
    const dy = f(...coordinates.shape.slice(0, 3), source.shape[3]!);
    const described = `${note}, ${padding}`;
    return [
      {
        kernel: 'GridSample',
        note: described,
        inputs: { image: source, coordinates },
        attrs: { padding },
        reference: (inputs) => sampleReference(inputs, padding),
      },
      {
        kernel: 'GridSampleImageGrad',
        note: described,
        inputs: { dy, coordinates },
        attrs: { padding, imageShape: source.shape },
        reference: (inputs) => sampleImageGradientReference(inputs, source.shape, padding),
      },
      {
        kernel: 'GridSampleCoordinatesGrad',
        note: described,
        inputs: { dy, image: source, coordinates },
        attrs: { padding },
        reference: (inputs) => sampleCoordinatesGradientReference(inputs, padding),
      },
    ];
  }),
);

const strided = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };

const cases: KernelCase[] = [
  ...unary([
    'Abs',
    'Atan',
    'Asinh',
    'Ceil',
    'Cos',
    'Cosh',
    'Elu',
    'Erf',
    'Exp',
    'Expm1',
    'Floor',
    'Neg',
    'Relu',
    'Selu',
    'Sigmoid',
    'Sign',
    'Sin',
    'Sinh',
    'Softplus',
    'Square',
    'Tan',
    'Tanh',
  ]),
  ...unary(['Acos', 'Asin', 'Atanh'], { shape: [2, 4, 5, 3], range: [-0.9, 0.9] }),
  ...unary(['Log', 'Rsqrt', 'Sqrt', 'Reciprocal'], positive(2, 4, 5, 3)),
  ...unary(['Acosh'], { shape: [2, 4, 5, 3], range: [1.5, 3] }),
  ...unary(['Log1p'], { shape: [6], values: [-0.5, -1e-6, 0, 1e-7, 1e-3, 5] }),
  ...unary(['Relu6'], { shape: [2, 3, 3, 2], range: [-3, 9] }),
  ...unary(['Round'], { shape: [7], values: [-1.5, -0.5, 0.5, 1.5, 2.5, 2.4, 2.6] }),
  ...unary(['LogicalNot'], booleans(2, 3)),
  { kernel: 'Expm1', note: 'near 0', inputs: { x: { shape: [3], values: [-1e-6, 1e-7, 1e-4] } } },
  {
    kernel: 'Cast',
    note: 'to integers',
    inputs: { x: { shape: [2, 3, 3, 2], range: [-5, 5] } },
    attrs: { dtype: 'int32' },
  },
  {
    kernel: 'Cast',
    note: 'to booleans',
    inputs: { x: { shape: [4], values: [0, 1, -2, 0.5] } },
    attrs: { dtype: 'bool' },
  },
  { kernel: 'Cast', note: 'from booleans', inputs: { x: booleans(2, 3) }, attrs: { dtype: 'float32' } },
  { kernel: 'ClipByValue', inputs: { x: image }, attrs: { clipValueMin: -0.3, clipValueMax: 0.5 } },
  { kernel: 'LeakyRelu', inputs: { x: image }, attrs: { alpha: 0.1 } },
  {
    kernel: 'Step',
    inputs: { x: { shape: [2, 2, 2, 1], values: [-2, -0.5, 0, 0, 1e-9, 0.5, 2, 3] } },
    attrs: { alpha: 0 },
  },
  {
    kernel: 'Step',
    note: 'with a slope',
    inputs: { x: { shape: [2, 2, 2, 1], values: [-2, -0.5, 0, 0, 1e-9, 0.5, 2, 3] } },
    attrs: { alpha: -1 },
  },

  ...binary([
    'Add',
    'Sub',
    'Multiply',
    'Maximum',
    'Minimum',
    'SquaredDifference',
    'Less',
    'LessEqual',
    'Greater',
    'GreaterEqual',
  ]),
  ...binary(
    ['Add', 'Sub', 'Multiply', 'Maximum', 'SquaredDifference', 'Less'],
    f(3),
    image,
    'one number per channel',
  ),
  ...binary(['Add', 'Multiply'], f(2, 1, 1, 3), image, 'one number per image and channel'),
  ...binary(['Add', 'Sub'], image, f(5, 1), 'a larger second operand'),
  ...binary(['Sub', 'Multiply'], f(), image, 'a scalar'),
  ...binary(['RealDiv', 'Pow', 'FloorDiv', 'Mod'], positive(2, 4, 5, 3), positive(2, 4, 5, 3)),
  ...binary(
    ['FloorDiv', 'Mod'],
    { shape: [4], values: [2, -2, 2, -2] },
    { shape: [4], values: [3, 3, -3, -3] },
    'signs',
  ),
  ...binary(
    ['FloorDiv'],
    { shape: [4], dtype: 'int32', values: [2, -2, 2, -2] },
    { shape: [4], dtype: 'int32', values: [3, 3, -3, -3] },
    'integers',
  ),
  ...binary(
    ['Equal', 'NotEqual', 'LessEqual', 'GreaterEqual'],
    integers(0, 3, 2, 4, 5, 3),
    integers(0, 3, 2, 4, 5, 3),
    'integers',
  ),
  ...binary(['LogicalAnd', 'LogicalOr'], booleans(2, 4, 5, 3), booleans(2, 4, 5, 3)),
  { kernel: 'Prelu', inputs: { x: image, alpha: f(3) } },
  { kernel: 'EluGrad', inputs: { dy: image, y: { shape: [2, 4, 5, 3], range: [-0.99, 2] } } },
  { kernel: 'Select', inputs: { condition: booleans(2, 4, 5, 3), t: image, e: image } },
  // The cpu kernel repeats the first element of a row.
  {
    kernel: 'Select',
    note: 'rows',
    inputs: { condition: booleans(3), t: f(3, 4), e: f(3, 4) },
    reference: ({ condition, t, e }) =>
      tf.where(tf.tile(tf.reshape(condition!, [3, 1]), [1, 4]), t!, e!).dataSync(),
  },
  { kernel: 'AddN', inputs: { 0: image, 1: image, 2: image } },

  ...reductions(['Sum', 'Mean', 'Min', 'Prod']),
  ...reductions(['Max'], image, 'reductionIndices'),
  ...reductions(['All', 'Any'], booleans(2, 4, 5, 3)),
  ...['ArgMax', 'ArgMin'].flatMap((kernel): KernelCase[] => [
    { kernel, note: 'channels', inputs: { x: image }, attrs: { axis: 3 } },
    { kernel, note: 'rows', inputs: { x: image }, attrs: { axis: 1 } },
  ]),
  { kernel: 'Cumsum', inputs: { x: image }, attrs: { axis: 3, exclusive: false, reverse: false } },
  {
    kernel: 'Cumsum',
    note: 'exclusive, reversed',
    inputs: { x: f(3, 4) },
    attrs: { axis: 1, exclusive: true, reverse: true },
  },
  { kernel: 'TopK', inputs: { x: f(2, 3, 7) }, attrs: { k: 4, sorted: true } },
  { kernel: 'Softmax', inputs: { logits: f(2, 5) }, attrs: { dim: 1 } },

  { kernel: 'Identity', inputs: { x: image } },
  { kernel: 'StopGradient', inputs: { x: image }, reference: ({ x }) => x!.dataSync() as Float32Array },
  { kernel: 'Reshape', inputs: { x: image }, attrs: { shape: [2, 20, 3] } },
  { kernel: 'ExpandDims', inputs: { input: f(4, 5, 3) }, attrs: { dim: 0 } },
  { kernel: 'Transpose', inputs: { x: image }, attrs: { perm: [2, 0, 3, 1] } },
  { kernel: 'Transpose', note: 'to channels first', inputs: { x: image }, attrs: { perm: [0, 3, 1, 2] } },
  {
    kernel: 'Transpose',
    note: 'rank 6',
    inputs: { x: f(2, 3, 4, 2, 2, 3) },
    attrs: { perm: [0, 1, 3, 2, 4, 5] },
  },
  { kernel: 'Concat', note: 'channels', inputs: { 0: image, 1: f(2, 4, 5, 2) }, attrs: { axis: 3 } },
  { kernel: 'Concat', note: 'rows', inputs: { 0: image, 1: f(2, 1, 5, 3) }, attrs: { axis: 1 } },
  { kernel: 'Pack', inputs: { 0: f(2, 3), 1: f(2, 3) }, attrs: { axis: 1 } },
  { kernel: 'Unpack', inputs: { value: image }, attrs: { axis: 3 } },
  { kernel: 'Slice', inputs: { x: image }, attrs: { begin: [1, 0, 2, 1], size: [1, 3, -1, 2] } },
  {
    kernel: 'StridedSlice',
    inputs: { x: f(4, 5) },
    attrs: { ...strided, begin: [3, 0], end: [0, 5], strides: [-2, 2] },
  },
  {
    kernel: 'StridedSlice',
    note: 'shrinking an axis',
    inputs: { x: f(4, 5) },
    attrs: { ...strided, begin: [1, 1], end: [2, 4], strides: [1, 1], shrinkAxisMask: 1 },
  },
  { kernel: 'SplitV', inputs: { x: image }, attrs: { numOrSizeSplits: [1, 2], axis: 3 } },
  {
    kernel: 'PadV2',
    inputs: { x: image },
    attrs: {
      paddings: [
        [0, 0],
        [1, 2],
        [3, 0],
        [0, 1],
      ],
      constantValue: 0.5,
    },
  },
  {
    kernel: 'MirrorPad',
    note: 'without the edge',
    inputs: { x: image },
    attrs: {
      paddings: [
        [0, 0],
        [1, 2],
        [3, 0],
        [0, 0],
      ],
      mode: 'reflect',
    },
  },
  {
    kernel: 'MirrorPad',
    note: 'with the edge',
    inputs: { x: image },
    attrs: {
      paddings: [
        [0, 0],
        [1, 2],
        [3, 0],
        [0, 0],
      ],
      mode: 'symmetric',
    },
  },
  { kernel: 'Tile', inputs: { x: image }, attrs: { reps: [1, 2, 1, 3] } },
  { kernel: 'Tile', note: 'single elements', inputs: { x: f(2, 1, 1, 3) }, attrs: { reps: [1, 4, 5, 1] } },
  {
    kernel: 'BroadcastTo',
    inputs: { x: f(4, 1, 3) },
    attrs: { shape: [2, 4, 5, 3] },
    reference: ({ x }) => tf.broadcastTo(x!, [2, 4, 5, 3]).dataSync(),
  },
  { kernel: 'Reverse', inputs: { x: image }, attrs: { dims: [1, 3] } },
  { kernel: 'Fill', inputs: {}, attrs: { shape: [2, 3], value: 0.5, dtype: 'float32' } },
  {
    kernel: 'Fill',
    note: 'large',
    inputs: {},
    attrs: { shape: [2, 20, 30, 3], value: 0.5, dtype: 'float32' },
  },
  { kernel: 'ZerosLike', inputs: { x: image } },
  { kernel: 'OnesLike', inputs: { x: image } },
  { kernel: 'Range', inputs: {}, attrs: { start: 1, stop: 7, step: 2, dtype: 'int32' } },
  {
    kernel: 'Range',
    note: 'fractions',
    inputs: {},
    attrs: { start: 0, stop: 1, step: 0.3, dtype: 'float32' },
  },
  { kernel: 'LinSpace', inputs: {}, attrs: { start: -1, stop: 1, num: 7 } },
  {
    kernel: 'GatherV2',
    inputs: { x: f(4, 5), indices: { shape: [3], dtype: 'int32', values: [3, 0, 3] } },
    attrs: { axis: 0, batchDims: 0 },
  },
  {
    kernel: 'GatherV2',
    note: 'another axis, indices of rank 2',
    inputs: { x: image, indices: { shape: [2, 2], dtype: 'int32', values: [3, 0, 3, 1] } },
    attrs: { axis: 2, batchDims: 0 },
  },
  {
    kernel: 'GatherNd',
    inputs: { params: f(4, 5, 2), indices: { shape: [3, 2], dtype: 'int32', values: [3, 0, 0, 4, 3, 0] } },
  },
  {
    kernel: 'ScatterNd',
    inputs: { indices: { shape: [4, 1], dtype: 'int32', values: [3, 0, 3, 1] }, updates: f(4, 2) },
    attrs: { shape: [5, 2] },
  },
  {
    kernel: 'UnsortedSegmentSum',
    inputs: { x: f(5, 3), segmentIds: { shape: [5], dtype: 'int32', values: [1, 0, 1, 3, 1] } },
    attrs: { numSegments: 4 },
  },
  { kernel: 'DepthToSpace', inputs: { x: f(2, 2, 3, 12) }, attrs: { blockSize: 2, dataFormat: 'NHWC' } },

  {
    kernel: 'BatchMatMul',
    inputs: { a: f(2, 3, 4), b: f(2, 4, 5) },
    attrs: { transposeA: false, transposeB: false },
  },
  {
    kernel: 'BatchMatMul',
    note: 'transposed',
    inputs: { a: f(2, 4, 3), b: f(2, 5, 4) },
    attrs: { transposeA: true, transposeB: true },
  },
  {
    kernel: '_FusedMatMul',
    inputs: { a: f(1, 3, 4), b: f(1, 4, 5), bias: f(5) },
    attrs: { transposeA: false, transposeB: false, activation: 'relu' },
  },
  { kernel: 'Einsum', inputs: { 0: f(2, 3, 4), 1: f(2, 4, 5) }, attrs: { equation: 'bij,bjk->bik' } },

  ...convolutionCases,
  {
    kernel: 'Conv2D',
    note: 'dilated',
    inputs: { x: f(2, 7, 8, 3), filter: f(3, 3, 3, 4) },
    attrs: convolution(1, 'same', 2),
  },
  ...['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'].map((activation) => ({
    kernel: 'FusedConv2D',
    note: activation,
    inputs: { x: f(2, 5, 6, 3), filter: f(3, 3, 3, 4), bias: f(4) },
    attrs: { ...convolution(1, 'same'), activation, leakyreluAlpha: 0.1 },
  })),
  {
    kernel: 'FusedConv2D',
    note: 'prelu',
    inputs: { x: f(2, 5, 6, 3), filter: f(3, 3, 3, 4), bias: f(4), preluActivationWeights: f(4) },
    attrs: { ...convolution(1, 'same'), activation: 'prelu' },
  },
  {
    kernel: 'DepthwiseConv2dNative',
    inputs: { x: f(2, 5, 6, 3), filter: f(3, 3, 3, 2) },
    attrs: convolution(1, 'same'),
  },
  ...poolingCases,
  ...resizeCases,
  ...samplingCases,
];

const isImage = (tensor: tf.Tensor): boolean =>
  tensor.rank === 4 && tensor.dtype === 'float32' && tensor.shape[3]! > 1;

/** Passes images through a convolution that changes nothing, after which they lie channels first. */
function passThroughConvolution(x: tf.Tensor): tf.Tensor {
  if (!isImage(x)) return x;
  const channels = x.shape[3]!;
  return tf.conv2d(
    x as tf.Tensor4D,
    tf.reshape(tf.eye(channels), [1, 1, channels, channels]) as tf.Tensor4D,
    1,
    'same',
  );
}

describe('every lowered kernel gives what the cpu backend gives', () => {
  test.each(
    cases.map((kernelCase) => ({
      title: [kernelCase.kernel, kernelCase.note].filter(Boolean).join(': '),
      ...kernelCase,
    })),
  )('$title', async ({ kernel, inputs: described, attrs = {}, reference }) => {
    await tf.setBackend('cpu');
    const inputs = Object.fromEntries(
      Object.entries(described).map(([name, description], index) => [
        name,
        makeTensor(description, index + 1),
      ]),
    );
    const expected = reference
      ? { output0: reference(inputs) }
      : Object.fromEntries(
          Object.entries(runKernel(kernel, inputs, attrs)).map(([name, tensor]) => [name, tensor.dataSync()]),
        );
    const layouts = Object.values(inputs).some(isImage)
      ? [(x: tf.Tensor) => x, passThroughConvolution]
      : [(x: tf.Tensor) => x];
    for (const arrange of layouts) {
      const actual = await runTraced(
        (tensors) =>
          runKernel(
            kernel,
            Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, arrange(tensor)])),
            attrs,
          ),
        inputs,
      );
      expect(Object.keys(actual)).toEqual(Object.keys(expected));
      for (const [name, values] of Object.entries(expected)) {
        expect(relativeError(actual[name]!, values)).toBeLessThan(1e-5);
      }
    }
  });
});

test.each([3, 6, 9, 15, 16, 17, 23])(
  'a convolution of %i channels with a constant filter gives what the cpu backend gives',
  async (channels) => {
    await tf.setBackend('cpu');
    const [x, filter] = [
      makeTensor(f(2, 5, 6, channels), 1),
      makeTensor(f(3, 3, channels, 5), 2) as tf.Tensor4D,
    ];
    const expected = tf.conv2d(x as tf.Tensor4D, filter, 1, 'same').dataSync();
    const { y } = await runTraced(
      (tensors) => ({ y: tf.conv2d(tensors['x'] as tf.Tensor4D, filter, 1, 'same') }),
      { x },
    );
    expect(relativeError(y!, expected)).toBeLessThan(1e-5);
  },
);

test('a resized picture is exact to single precision where the quotient of the sizes is not', async () => {
  await tf.setBackend('cpu');
  const images = makeTensor({ shape: [1, 72, 104, 3], range: [0, 1] }, 1) as tf.Tensor4D;
  const expected = tf.image.resizeBilinear(images, [128, 128], false, true).dataSync();
  const { resized } = await runTraced(
    (tensors) => ({
      resized: tf.image.resizeBilinear(tensors['images'] as tf.Tensor4D, [128, 128], false, true),
    }),
    { images },
  );
  expect(Math.max(...expected.map((value, index) => Math.abs(value - resized![index]!)))).toBeLessThan(3e-7);
});

test('every lowering is tested', () => {
  const tested = new Set(cases.map(({ kernel }) => kernel));
  expect(Object.keys(lowerings).filter((kernel) => !tested.has(kernel))).toEqual([]);
});

test('the gradients of dilated convolutions are those of the convolution written with a filter full of holes', async () => {
  await tf.setBackend('cpu');
  const [x, filter, dy] = [
    makeTensor(f(2, 7, 8, 2), 1),
    makeTensor(f(3, 3, 2, 3), 2),
    makeTensor(f(2, 7, 8, 3), 3),
  ];
  const holes = tf.tidy(() =>
    tf.tensor2d([
      [1, 0, 0, 0, 0],
      [0, 0, 1, 0, 0],
      [0, 0, 0, 0, 1],
    ]),
  );
  const spreadRows = (weights: tf.Tensor) =>
    tf.reshape(tf.matMul(holes, tf.reshape(weights, [3, -1]), true), [5, ...weights.shape.slice(1)]);
  const spread = (weights: tf.Tensor) =>
    tf.transpose(spreadRows(tf.transpose(spreadRows(weights), [1, 0, 2, 3])), [1, 0, 2, 3]) as tf.Tensor4D;
  const response = (input: tf.Tensor, weights: tf.Tensor) =>
    tf.sum(tf.mul(tf.conv2d(input as tf.Tensor4D, spread(weights), 1, 'same'), dy)) as tf.Scalar;
  const [inputGradient, filterGradient] = tf.grads(response)([x, filter]);
  const actual = await runTraced(
    (tensors) => {
      const dilated = (input: tf.Tensor, weights: tf.Tensor) =>
        tf.sum(
          tf.mul(
            tf.conv2d(input as tf.Tensor4D, weights as tf.Tensor4D, 1, 'same', 'NHWC', 2),
            tensors['dy']!,
          ),
        ) as tf.Scalar;
      const [input, weights] = tf.grads(dilated)([tensors['x']!, tensors['filter']!]);
      return { input: input!, filterGradient: weights! };
    },
    { x, filter, dy },
  );
  expect(relativeError(actual['input']!, inputGradient!.dataSync())).toBeLessThan(1e-5);
  expect(relativeError(actual['filterGradient']!, filterGradient!.dataSync())).toBeLessThan(1e-5);
});

test('sums over many updates of one place lose none, whatever the number of threads', async () => {
  await tf.setBackend('cpu');
  const count = 300_000;
  const graph = trace(
    ({ updates, segmentIds }) => ({
      sums: tf.unsortedSegmentSum(updates as tf.Tensor2D, segmentIds as tf.Tensor1D, 2),
    }),
    {
      updates: { shape: [count, 2] },
      segmentIds: { shape: [count], dtype: 'int32' },
    },
  );
  const session = await createSession(graph, { threads: 2 });
  for (let run = 0; run < 5; run++) {
    const { sums } = await session.run({
      updates: new Float32Array(2 * count).fill(1),
      segmentIds: new Int32Array(count),
    });
    expect([...sums!]).toEqual([count, count, 0, 0]);
  }
  await session.release();
});

test.each([
  ['so many that a band is three rows, and the last one two', 27, 3],
  ['fewer than a row has', 4, 8],
])('samples in bands are the same to the last bit: at once, %s', async (_, placesAtOnce, bands) => {
  await tf.setBackend('cpu');
  const [image, coordinates] = [
    makeTensor(f(2, 5, 6, 3), 1),
    makeTensor({ shape: [2, 8, 9, 2], range: [-2, 7] }, 2),
  ];
  const sampled = async (options: { placesAtOnce?: number }) => {
    const graph = trace(
      (inputs) => runKernel('GridSample', inputs, { padding: 'border' }),
      { image: { shape: image.shape }, coordinates: { shape: coordinates.shape } },
      options,
    );
    const session = await createSession(graph, { threads: 1 });
    const { output0 } = await session.run({
      image: image.dataSync() as Float32Array,
      coordinates: coordinates.dataSync() as Float32Array,
    });
    await session.release();
    const nodes = Buffer.from(graph.bytes).toString('latin1').split('GridSample').length - 1;
    return { values: [...output0!], nodes };
  };
  const [whole, inBands] = [await sampled({}), await sampled({ placesAtOnce })];
  expect(inBands.values).toEqual(whole.values);
  expect(inBands.nodes).toBe(bands * whole.nodes);
});
