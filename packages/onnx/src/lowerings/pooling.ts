import { backend_util } from '@tensorflow/tfjs-core';
import { countElements, type Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import { fromChannelsFirst } from '../traced-tensor.js';
import type { TracedTensor } from '../traced-tensor.js';
import type { ConvolutionAttributes } from './convolution-geometry.js';
import { lowering } from './lowering.js';
import type { Lowering } from './lowering.js';

interface PoolingAttributes extends Pick<ConvolutionAttributes, 'strides' | 'pad' | 'dimRoundingMode'> {
  filterSize: number | [number, number];
}

interface PoolingGeometry {
  batch: number;
  channels: number;
  inputSize: [number, number];
  outputSize: [number, number];
  windowSize: [number, number];
  strides: [number, number];
  pads: [number, number, number, number];
}

function describePooling(
  inputShape: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolingAttributes,
): PoolingGeometry {
  const info = backend_util.computePool2DInfo(
    inputShape as never,
    filterSize,
    strides,
    1,
    pad as never,
    dimRoundingMode,
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    inputSize: [info.inHeight, info.inWidth],
    outputSize: [info.outHeight, info.outWidth],
    windowSize: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [info.padInfo.top, info.padInfo.left, info.padInfo.bottom, info.padInfo.right],
  };
}

const poolingAttributes = ({ windowSize, strides, pads }: PoolingGeometry) => ({
  kernel_shape: windowSize,
  strides,
  pads,
});

/**
 * ONNX Runtime pools windows that overlap slowly; as a depthwise convolution they take an eighth of the time.
 */
function averagePool(x: TracedTensor, geometry: PoolingGeometry): TracedTensor {
  const input = x.channelsFirst();
  const { batch, channels, outputSize, windowSize, strides, pads } = geometry;
  const output = { shape: [batch, channels, ...outputSize], type: input.type };
  const windowsMove = strides[0] === 1 && strides[1] === 1;
  if (windowsMove && pads.every((amount) => amount === 0)) {
    const filter = onnx.filled(x.graph, [channels, 1, ...windowSize], 1 / (windowSize[0] * windowSize[1]));
    return fromChannelsFirst(
      input.graph.emit('Conv', [input, filter], { ...poolingAttributes(geometry), group: channels }, output),
    );
  }
  return fromChannelsFirst(
    input.graph.emit(
      'AveragePool',
      [input],
      { ...poolingAttributes(geometry), count_include_pad: 0 },
      output,
    ),
  );
}

/** Every output's gradient, spread over its window in equal parts. */
function averagePoolGradient(dy: TracedTensor, geometry: PoolingGeometry): TracedTensor {
  const { batch, channels, inputSize, outputSize, windowSize, strides, pads } = geometry;
  const weight = dy.graph.scalar(1 / (windowSize[0] * windowSize[1]));
  const gradient = dy.channelsFirst();
  const windowsTile = [0, 1].every(
    (axis) => strides[axis] === windowSize[axis] && inputSize[axis] === outputSize[axis]! * strides[axis]!,
  );
  if (windowsTile) return fromChannelsFirst(repeatPixels(onnx.multiply(gradient, weight), strides));
  const filter = onnx.filled(dy.graph, [channels, 1, ...windowSize], 1 / (windowSize[0] * windowSize[1]));
  const outputPadding = [0, 1].map(
    (axis) =>
      inputSize[axis]! -
      ((outputSize[axis]! - 1) * strides[axis]! + windowSize[axis]! - pads[axis]! - pads[axis + 2]!),
  );
  const attributes = { ...poolingAttributes(geometry), output_padding: outputPadding, group: channels };
  return fromChannelsFirst(
    dy.graph.emit('ConvTranspose', [gradient, filter], attributes, {
      shape: [batch, channels, ...inputSize],
      type: gradient.type,
    }),
  );
}

/** `[B, C, h, w]` with every pixel repeated: `[B, C, factors[0] h, factors[1] w]`. */
function repeatPixels(x: Value, factors: readonly [number, number]): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const shape = [batch, channels, height * factors[0], width * factors[1]];
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return x.graph.emit('Resize', [x, undefined, undefined, x.graph.integers(shape)], attributes, {
    shape,
    type: x.type,
  });
}

function maximumPool(input: Value, geometry: PoolingGeometry): { largest: Value; places: Value } {
  const shape = [geometry.batch, geometry.channels, ...geometry.outputSize];
  const [largest, places] = input.graph.emitAll('MaxPool', [input], poolingAttributes(geometry), [
    { shape, type: input.type },
    { shape, type: 'int64' },
  ]);
  return { largest: largest!, places: places! };
}

/** Every output's gradient goes to the largest pixel of its window (the first of equals). */
function maximumPoolGradient(dy: TracedTensor, x: TracedTensor, geometry: PoolingGeometry): TracedTensor {
  const input = x.channelsFirst();
  const { places } = maximumPool(input, geometry);
  const flat = (value: Value) => onnx.reshape(value, [countElements(value.shape)]);
  const empty = onnx.filled(dy.graph, flat(input).shape, 0);
  const scattered = dy.graph.emit(
    'ScatterElements',
    [empty, flat(places), flat(dy.channelsFirst())],
    { axis: 0, reduction: 'add' },
    { shape: empty.shape, type: empty.type },
  );
  return fromChannelsFirst(onnx.reshape(scattered, input.shape));
}

export const poolingLowerings: Record<string, Lowering> = {
  AvgPool: lowering<'x', PoolingAttributes>(({ inputs: { x }, attrs }) =>
    averagePool(x, describePooling(x.shape, attrs)),
  ),
  AvgPoolGrad: lowering<'dy' | 'input', PoolingAttributes>(({ inputs: { dy, input }, attrs }) =>
    averagePoolGradient(dy, describePooling(input.shape, attrs)),
  ),
  MaxPool: lowering<'x', PoolingAttributes>(({ inputs: { x }, attrs }) =>
    fromChannelsFirst(maximumPool(x.channelsFirst(), describePooling(x.shape, attrs)).largest),
  ),
  MaxPoolGrad: lowering<'dy' | 'input' | 'output', PoolingAttributes>(({ inputs: { dy, input }, attrs }) =>
    maximumPoolGradient(dy, input, describePooling(input.shape, attrs)),
  ),
};
