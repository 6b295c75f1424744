import { isConstant } from '../graph/graph.js';
import type { Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';

/**
 * ONNX Runtime's fastest convolution, for constant filters, takes channels in fours, but for a few, which it
 * takes as they are.
 */
const channelsTogether = 4;
const fewChannels = 16;

/**
 * On WebGPU, ONNX Runtime (1.30) takes such channels in threes but finds them as if in fours
 * (`xCh / 4` in its `conv2d_mm.cc`): all but the first three are those of another pixel.
 */
const areMisread = (channels: number) => channels > 3 && channels % 3 === 0;

/** How many channels a constant filter of so many gets, so that they come in fours. */
function alignedChannels(channels: number): number {
  const staysAsItIs = channels < fewChannels && !areMisread(channels);
  return staysAsItIs ? channels : Math.ceil(channels / channelsTogether) * channelsTogether;
}

/**
 * A filter `[height, width, in, out]` as a convolution takes it, `[out, in, height, width]`; a constant one with
 * channels of zeros behind its own where that is faster. That one is made from the filter (`madeFrom`).
 */
export function convolutionFilter(filter: Value): Value {
  if (!isConstant(filter)) return outputsFirst(filter);
  const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
  const channels = alignedChannels(inputs);
  return filter.graph.constantFrom(filter, 'convolution filter', [outputs, channels, height, width], (data) =>
    arrangeFilter(data as Float32Array, filter.shape, new Float32Array(outputs * channels * height * width)),
  );
}

/**
 * Lays the numbers of a filter `[height, width, in, out]` out as `[out, in, height, width]`. @param arranged
 * takes them, and has room for as many channels as there are to be; those that the filter does not have stay.
 */
export function arrangeFilter<Numbers extends Float32Array | Int8Array>(
  filter: ArrayLike<number>,
  shape: readonly number[],
  arranged: Numbers,
): Numbers {
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  const places = height * width;
  const perOutput = arranged.length / outputs;
  for (let output = 0; output < outputs; output++) {
    let to = output * perOutput;
    for (let input = 0; input < inputs; input++) {
      let from = input * outputs + output;
      for (let place = 0; place < places; place++, from += inputs * outputs) arranged[to++] = filter[from]!;
    }
  }
  return arranged;
}

/** A filter `[height, width, in, out]` as ONNX convolutions want it: `[out, in, height, width]`. */
export function outputsFirst(filter: Value): Value {
  if (isConstant(filter)) return onnx.transpose(filter, [3, 2, 0, 1]);
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
  if (places === 1 || isConstant(filter)) {
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
