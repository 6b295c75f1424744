import type { Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';

/** A filter `[height, width, in, out]` as ONNX convolutions want it: `[out, in, height, width]`. */
export function outputsFirst(filter: Value): Value {
  if (filter.data) return onnx.transpose(filter, [3, 2, 0, 1]);
  return onnx.transpose(placesLast(filter, false), [1, 0, 2, 3]);
}

/**
 * A filter `[height, width, in, out]`, turned by 180 degrees, as `[in, out, height, width]`: that of the
 * input gradient.
 */
export function mirrored(filter: Value): Value {
  return placesLast(filter, true);
}

/**
 * `[height, width, in, out]` to `[in, out, height, width]`. ONNX Runtime moves single numbers slowly; the
 * product of the transposed matrix with the identity is exact and faster, and with the anti-identity it turns
 * the filter on the way.
 */
function placesLast(filter: Value, isTurned: boolean): Value {
  const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
  const places = height * width;
  if (places === 1 || filter.data) {
    const moved = onnx.transpose(filter, [2, 3, 0, 1]);
    return isTurned ? onnx.flip(moved, [2, 3]) : moved;
  }
  const order = Float32Array.from({ length: places * places }, (_, index) => {
    const [row, column] = [Math.floor(index / places), index % places];
    return row === (isTurned ? places - 1 - column : column) ? 1 : 0;
  });
  const rows = onnx.transposeMatrix(onnx.reshape(filter, [places, inputs * outputs]));
  return onnx.reshape(onnx.matMul(rows, filter.graph.constant(order, [places, places], 'float32')), [
    inputs,
    outputs,
    height,
    width,
  ]);
}
