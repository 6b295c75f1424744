import { concat, conv2d, depthToSpace, getKernel, registerKernel, slice, transpose, unregisterKernel, type Tensor4D } from '@tensorflow/tfjs-core';

const kernelName = 'Conv2DBackpropInput';

/**
 * Gives the `wasm` backend a faster transposed convolution for 4x4 filters of stride 2. The backend's own runs value by value and took as
 * long as all other convolutions of the network together.
 *
 * Of the 4x4 filter, each output pixel sees only every second row and column. So the four pixels that come of one input
 * pixel are four plain convolutions with 2x2 filters, which the backend is fast at.
 */
export function speedUpDoublingConvolution(): void {
  const own = getKernel(kernelName, 'wasm');
  unregisterKernel(kernelName, 'wasm');
  registerKernel({
    ...own,
    kernelFunc: (call) => {
      const { dy, filter } = call.inputs as unknown as { dy: Tensor4D; filter: Tensor4D };
      const { strides, pad, dataFormat, inputShape } = call.attrs as unknown as { strides: number | [number, number]; pad: unknown; dataFormat: string; inputShape: number[] };
      const doubles = [strides].flat().every((stride) => stride === 2) && inputShape[1] === 2 * dy.shape[1] && inputShape[2] === 2 * dy.shape[2];
      const fits = filter.shape[0] === 4 && filter.shape[1] === 4 && pad === 'same' && dataFormat === 'NHWC';
      return doubles && fits ? convolveDoubling(dy, filter) : own.kernelFunc(call);
    },
  });
}

/**
 * @param x `[B, h, w, I]`
 * @param filter `[4, 4, O, I]`
 * @returns `[B, 2h, 2w, O]`
 */
function convolveDoubling(x: Tensor4D, filter: Tensor4D): Tensor4D {
  const [, , to, from] = filter.shape;
  const phases = [0, 1].flatMap((row) => [0, 1].map((column) => conv2d(x, phaseFilter(filter, row, column, from, to), 1, [[0, 0], paddings[row]!, paddings[column]!, [0, 0]])));
  return depthToSpace(concat(phases, 3), 2, 'NHWC');
}

/** An even output row lies between an input row and the one above it, an odd one between it and the one below. */
const paddings: [number, number][] = [
  [1, 0],
  [0, 1],
];

/** Of each axis the two taps that an even or odd output sees, in the order of the inputs they meet: `[2, 2, I, O]`. */
function phaseFilter(filter: Tensor4D, row: number, column: number, from: number, to: number): Tensor4D {
  const taps = (parity: number) => (parity === 0 ? [3, 1] : [2, 0]);
  const tap = (y: number, x: number) => slice(filter, [y, x, 0, 0], [1, 1, to, from]);
  const rows = taps(row).map((y) => concat(taps(column).map((x) => tap(y, x)), 1));
  return transpose(concat(rows, 0), [0, 1, 3, 2]) as Tensor4D;
}
