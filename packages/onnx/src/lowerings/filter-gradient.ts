import type { Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import type { ConvolutionGeometry } from './convolution.js';

/**
 * The gradient of a convolution for its filter: for every place of the filter, the product of the input shifted to
 * that place with the output's gradient, summed over pixels.
 *
 * The shift by rows is given to the gradient (as rows of zeros before and after it) and the shift by columns to the
 * input, so that one matrix product over pixels serves every pair of shifts: far fewer copies than one shifted input
 * for every place.
 *
 * @param x `[B, in, H, W]`.
 * @param dy `[B, out, h, w]`.
 * @returns `[kernel height, kernel width, in, out]`.
 */
export function filterGradient(x: Value, dy: Value, geometry: ConvolutionGeometry): Value {
  const { batch, inputChannels, outputChannels, outputSize, filterSize, strides, dilations } = geometry;
  const [height, width] = outputSize;
  const [filterHeight, filterWidth] = filterSize;
  const padded = padInput(x, geometry);
  const gradientsOfRows = new Array<Value>(filterHeight);
  for (let phase = 0; phase < strides[0]; phase++) {
    // A filter row looks at input rows `phase + strides[0] * (shift + output row)`.
    const rows = Array.from({ length: filterHeight }, (_, row) => row).filter((row) => (row * dilations[0]) % strides[0] === phase);
    if (rows.length === 0) continue;
    const shifts = rows.map((row) => (row * dilations[0] - phase) / strides[0]);
    const largestShift = Math.max(...shifts);
    const pixels = (height + largestShift) * width;
    const shiftedInputs = Array.from({ length: filterWidth }, (_, column) =>
      onnx.slice(padded, [2, 3], [phase, column * dilations[1]], [height + largestShift, width], strides),
    );
    const shiftedGradients = shifts.map((shift) => onnx.pad(dy, [0, 0, shift, 0], [0, 0, largestShift - shift, 0]));
    const gradientRows = onnx.transposeMatrix(onnx.reshape(onnx.concat(shiftedGradients, 1), [batch, rows.length * outputChannels, pixels]));
    const products = shiftedInputs.map((shifted) => onnx.matMul(onnx.reshape(shifted, [batch, inputChannels, pixels]), gradientRows));
    const summed = onnx.reduce('ReduceSum', onnx.concat(products.map((product) => onnx.reshape(product, [batch, 1, inputChannels, rows.length * outputChannels])), 1), [0]);
    const byPlace = onnx.transpose(onnx.reshape(summed, [filterWidth, inputChannels, rows.length, outputChannels]), [2, 0, 1, 3]);
    rows.forEach((row, index) => (gradientsOfRows[row] = onnx.slice(byPlace, [0], [index], [1])));
    if (rows.length === filterHeight) return byPlace;
  }
  return onnx.concat(gradientsOfRows, 0);
}

/** The input with the convolution's padding, and without less than every place of the filter reaches. */
function padInput(x: Value, { inputSize, outputSize, filterSize, strides, dilations, padBefore }: ConvolutionGeometry): Value {
  const reached = [0, 1].map((axis) => (Math.floor(((filterSize[axis]! - 1) * dilations[axis]!) / strides[axis]!) + outputSize[axis]!) * strides[axis]!);
  const after = [0, 1].map((axis) => Math.max(0, reached[axis]! - inputSize[axis]! - padBefore[axis]!));
  return onnx.pad(x, [0, 0, ...padBefore], [0, 0, ...after]);
}
