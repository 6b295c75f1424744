import type { Value } from '../graph/graph.js';
import type { ConvolutionGeometry } from './convolution-geometry.js';
import { mirrored, outputsFirst } from './filter-layout.js';

/**
 * The gradient of a convolution for its input, which is also the transposed convolution.
 *
 * @param dy `[B, out, h, w]`.
 * @param filter `[kernel height, kernel width, in, out]`.
 * @returns `[B, in, H, W]`.
 */
export function inputGradient(dy: Value, filter: Value, geometry: ConvolutionGeometry): Value {
  const { strides } = geometry;
  const convolutionPads = padsOfMirroredConvolution(geometry);
  const isUnitStride = strides[0] === 1 && strides[1] === 1;
  return isUnitStride && convolutionPads.every((amount) => amount >= 0)
    ? mirroredConvolution(dy, filter, geometry, convolutionPads)
    : transposedConvolution(dy, filter, geometry);
}

function padsOfMirroredConvolution({
  filterSize,
  dilations,
  padBefore,
  inputSize,
  outputSize,
}: ConvolutionGeometry): number[] {
  const reach = [0, 1].map((axis) => (filterSize[axis]! - 1) * dilations[axis]!);
  const before = [0, 1].map((axis) => reach[axis]! - padBefore[axis]!);
  const after = [0, 1].map((axis) => inputSize[axis]! - outputSize[axis]! + reach[axis]! - before[axis]!);
  return [...before, ...after];
}

/** Stride 1: a convolution with the filter turned by 180 degrees and its channels exchanged. */
function mirroredConvolution(
  dy: Value,
  filter: Value,
  { batch, inputChannels, inputSize, filterSize, dilations }: ConvolutionGeometry,
  pads: number[],
): Value {
  const attributes = { kernel_shape: filterSize, strides: [1, 1], dilations, pads, group: 1 };
  return dy.graph.emit('Conv', [dy, mirrored(filter)], attributes, {
    shape: [batch, inputChannels, ...inputSize],
    type: dy.type,
  });
}

function transposedConvolution(dy: Value, filter: Value, geometry: ConvolutionGeometry): Value {
  const { batch, inputChannels, inputSize, outputSize, filterSize, strides, dilations, padBefore, padAfter } =
    geometry;
  const outputPadding = [0, 1].map(
    (axis) =>
      inputSize[axis]! -
      ((outputSize[axis]! - 1) * strides[axis]! +
        (filterSize[axis]! - 1) * dilations[axis]! +
        1 -
        padBefore[axis]! -
        padAfter[axis]!),
  );
  const attributes = {
    kernel_shape: filterSize,
    strides,
    dilations,
    pads: [...padBefore, ...padAfter],
    output_padding: outputPadding,
    group: 1,
  };
  return dy.graph.emit('ConvTranspose', [dy, outputsFirst(filter)], attributes, {
    shape: [batch, inputChannels, ...inputSize],
    type: dy.type,
  });
}
