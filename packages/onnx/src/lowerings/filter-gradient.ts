import type { Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import type { ConvolutionGeometry } from './convolution.js';

/**
 * The gradient of a convolution for its filter: for every place of the filter, the product of the input shifted to
 * that place with the output's gradient, summed over pixels.
 *
 * @param x `[B, in, H, W]`.
 * @param dy `[B, out, h, w]`.
 * @returns `[kernel height, kernel width, in, out]`.
 */
export function filterGradient(x: Value, dy: Value, geometry: ConvolutionGeometry): Value {
  const { batch, inputChannels, outputChannels, outputSize, filterSize, strides, dilations } = geometry;
  const [height, width] = outputSize;
  const padded = padInput(x, geometry);
  const gradientRows = onnx.transposeMatrix(onnx.reshape(dy, [batch, outputChannels, height * width]));
  const products: Value[] = [];
  for (let row = 0; row < filterSize[0]; row++) {
    for (let column = 0; column < filterSize[1]; column++) {
      const shifted = onnx.slice(padded, [2, 3], [row * dilations[0], column * dilations[1]], outputSize, strides);
      const product = onnx.matMul(onnx.reshape(shifted, [batch, inputChannels, height * width]), gradientRows);
      products.push(onnx.reshape(product, [batch, 1, inputChannels, outputChannels]));
    }
  }
  const summed = onnx.reduce('ReduceSum', onnx.concat(products, 1), [0]);
  return onnx.reshape(summed, [...filterSize, inputChannels, outputChannels]);
}

/** The input with the convolution's padding, without what no place of the filter reaches. */
function padInput(x: Value, { inputSize, outputSize, filterSize, strides, dilations, padBefore }: ConvolutionGeometry): Value {
  const reached = [0, 1].map((axis) => (outputSize[axis]! - 1) * strides[axis]! + (filterSize[axis]! - 1) * dilations[axis]! + 1);
  const after = [0, 1].map((axis) => Math.max(0, reached[axis]! - inputSize[axis]! - padBefore[axis]!));
  return onnx.pad(x, [0, 0, ...padBefore], [0, 0, ...after]);
}
