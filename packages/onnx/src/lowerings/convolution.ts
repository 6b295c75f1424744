import type { Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import { fromChannelsFirst, fromPlain } from '../traced-tensor.js';
import type { TracedTensor } from '../traced-tensor.js';
import { applyActivation } from './activation.js';
import type { FusedActivation } from './activation.js';
import { describeConvolution } from './convolution-geometry.js';
import type { ConvolutionAttributes, ConvolutionGeometry } from './convolution-geometry.js';
import { applyElementwise } from './elementwise.js';
import { filterGradient } from './filter-gradient.js';
import { convolutionFilter } from './filter-layout.js';
import { inputGradient } from './input-gradient.js';
import { lowering } from './lowering.js';
import type { Lowering } from './lowering.js';

/** An image `[B, in, h, w]` with channels of zeros behind the others, as many as its filter has more. */
function fillChannels(image: Value, wanted: number): Value {
  const [batch, channels, height, width] = image.shape as [number, number, number, number];
  if (wanted === channels) return image;
  return onnx.concat([image, onnx.filled(image.graph, [batch, wanted - channels, height, width], 0)], 1);
}

/** @param filter `[out, in / groups, height, width]` */
function convolve(x: TracedTensor, filter: Value, geometry: ConvolutionGeometry, groups = 1): TracedTensor {
  const input = groups === 1 ? fillChannels(x.channelsFirst(), filter.shape[1]!) : x.channelsFirst();
  const { batch, outputChannels, outputSize, filterSize, strides, dilations, padBefore, padAfter } = geometry;
  const attributes = {
    kernel_shape: filterSize,
    strides,
    dilations,
    pads: [...padBefore, ...padAfter],
    group: groups,
  };
  return fromChannelsFirst(
    input.graph.emit('Conv', [input, filter], attributes, {
      shape: [batch, outputChannels, ...outputSize],
      type: input.type,
    }),
  );
}

/** A depthwise filter `[height, width, in, multiplier]` to `[in * multiplier, 1, height, width]`. */
function groupFilter(filter: TracedTensor): Value {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  return onnx.reshape(onnx.transpose(filter.plain(), [2, 3, 0, 1]), [
    channels * multiplier,
    1,
    height,
    width,
  ]);
}

export const convolutionLowerings: Record<string, Lowering> = {
  Conv2D: lowering<'x' | 'filter', ConvolutionAttributes>(({ inputs: { x, filter }, attrs }) =>
    convolve(x, convolutionFilter(filter.plain()), describeConvolution(x.shape, filter.shape, attrs)),
  ),
  FusedConv2D: lowering<
    'x' | 'filter' | 'bias' | 'preluActivationWeights',
    ConvolutionAttributes & FusedActivation
  >(({ inputs: { x, filter, bias, preluActivationWeights }, attrs }) => {
    const convolved = convolve(
      x,
      convolutionFilter(filter.plain()),
      describeConvolution(x.shape, filter.shape, attrs),
    );
    return applyActivation(
      (bias as TracedTensor | undefined) ? applyElementwise([convolved, bias], onnx.add) : convolved,
      attrs,
      preluActivationWeights,
    );
  }),
  Conv2DBackpropInput: lowering<'dy' | 'filter', ConvolutionAttributes & { inputShape: number[] }>(
    ({ inputs: { dy, filter }, attrs }) =>
      fromChannelsFirst(
        inputGradient(
          dy.channelsFirst(),
          filter.plain(),
          describeConvolution(attrs.inputShape, filter.shape, attrs),
        ),
      ),
  ),
  Conv2DBackpropFilter: lowering<'x' | 'dy', ConvolutionAttributes & { filterShape: number[] }>(
    ({ inputs: { x, dy }, attrs }) =>
      fromPlain(
        filterGradient(
          x.channelsFirst(),
          dy.channelsFirst(),
          describeConvolution(x.shape, attrs.filterShape, attrs),
        ),
      ),
  ),
  DepthwiseConv2dNative: lowering<'x' | 'filter', ConvolutionAttributes>(({ inputs: { x, filter }, attrs }) =>
    convolve(x, groupFilter(filter), describeConvolution(x.shape, filter.shape, attrs, true), x.shape[3]),
  ),
};
