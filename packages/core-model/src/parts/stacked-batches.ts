import { slice, tile } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

// Several batches of B images, one after the other along the first axis: all of them go through a layer at once.

/** `count` of the stacked batches, from number `first` on: `[n B, h, w, C]` to `[count B, h, w, C]`. */
export function sliceBatches(stacked: Tensor4D, first: number, count: number, batch: number): Tensor4D {
  return stacked.shape[0] === count * batch
    ? stacked
    : slice(stacked, [first * batch, 0, 0, 0], [count * batch, -1, -1, -1]);
}

/** A batch several times: `[B, h, w, C]` to `[times B, h, w, C]`. */
export function repeatBatch(x: Tensor4D, times: number): Tensor4D {
  return tile(x, [times, 1, 1, 1]);
}
