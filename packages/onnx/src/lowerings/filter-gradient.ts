import type { Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import type { ConvolutionGeometry } from './convolution-geometry.js';

/**
 * A place of the filter along one axis, and the input position (in pixels of its phase) that it adds to an
 * output's.
 */
interface Tap {
  place: number;
  shift: number;
}

/** Every `strides`-th row (or column) of the input, and the places of the filter that look at it. */
interface Phase {
  first: number;
  taps: Tap[];
}

/**
 * The gradient of a convolution for its filter: for every place of the filter, the product of the input with
 * the output's gradient, one shifted against the other, summed over pixels.
 *
 * Copying costs more than multiplying here, so nothing is copied for every place: columns are shifted in the
 * input and rows in the gradient, and each pair of shifts is one matrix product. A strided convolution is one
 * without strides for every phase of the input.
 *
 * @param x `[B, in, H, W]`.
 * @param dy `[B, out, h, w]`.
 * @returns `[kernel height, kernel width, in, out]`.
 */
export function filterGradient(x: Value, dy: Value, geometry: ConvolutionGeometry): Value {
  const { batch, inputChannels, outputChannels, inputSize, filterSize, strides } = geometry;
  const products = new Array<Value>(filterSize[0] * filterSize[1]);
  for (const rows of findPhases(geometry, 0)) {
    for (const columns of findPhases(geometry, 1)) {
      const phaseSize = [
        countFrom(rows.first, inputSize[0], strides[0]),
        countFrom(columns.first, inputSize[1], strides[1]),
      ] as const;
      if (phaseSize.includes(0)) {
        // An input of one pixel has no second row: what looks there sees only padding.
        rows.taps.forEach((row) =>
          columns.taps.forEach(
            (column) =>
              (products[row.place * filterSize[1] + column.place] = onnx.filled(
                x.graph,
                [batch, inputChannels, outputChannels],
                0,
              )),
          ),
        );
        continue;
      }
      const input = onnx.slice(x, [2, 3], [rows.first, columns.first], phaseSize, strides);
      const gradients = rows.taps.map(({ shift }) =>
        onnx.transposeMatrix(flattenPixels(shiftAlong(dy, 2, shift, phaseSize[0]))),
      );
      for (const column of columns.taps) {
        const pixels = flattenPixels(shiftAlong(input, 3, -column.shift, dy.shape[3]!));
        rows.taps.forEach((row, index) => {
          products[row.place * filterSize[1] + column.place] = onnx.matMul(pixels, gradients[index]!);
        });
      }
    }
  }
  return onnx.reshape(onnx.reduce('ReduceSum', onnx.concat(products, 1), [0]), [
    ...filterSize,
    inputChannels,
    outputChannels,
  ]);
}

/** The phases of an axis that some place of the filter looks at. */
function findPhases(
  { filterSize, strides, dilations, padBefore }: ConvolutionGeometry,
  axis: 0 | 1,
): Phase[] {
  const stride = strides[axis];
  const offsets = Array.from(
    { length: filterSize[axis] },
    (_, place) => place * dilations[axis] - padBefore[axis],
  );
  return Array.from({ length: stride }, (_, first): Phase => {
    const taps = offsets.flatMap((offset, place): Tap[] =>
      mod(offset, stride) === first ? [{ place, shift: (offset - first) / stride }] : [],
    );
    return { first, taps };
  }).filter(({ taps }) => taps.length > 0);
}

const mod = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor;

const countFrom = (first: number, size: number, step: number): number => Math.ceil((size - first) / step);

/** `result[i + shift] = x[i]` along an axis of a given new size, with zeros where nothing comes to lie. */
function shiftAlong(x: Value, axis: number, shift: number, size: number): Value {
  const before = x.shape.map((_, index) => (index === axis ? shift : 0));
  const after = x.shape.map((length, index) => (index === axis ? size - length - shift : 0));
  return onnx.pad(x, before, after);
}

const flattenPixels = (x: Value): Value =>
  onnx.reshape(x, [x.shape[0]!, x.shape[1]!, x.shape[2]! * x.shape[3]!]);
