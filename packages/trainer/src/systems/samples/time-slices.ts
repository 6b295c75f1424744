import { reshape, slice } from '@tensorflow/tfjs-core';
import type { Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';

/** `[B, N, H, W, 3]` to N tensors `[B, H, W, 3]`. */
export function timeSlices(frames: Tensor5D): Tensor4D[] {
  const [batch, count, height, width, channels] = frames.shape;
  return Array.from({ length: count }, (_, index) =>
    reshape(slice(frames, [0, index, 0, 0, 0], [batch, 1, height, width, channels]), [
      batch,
      height,
      width,
      channels,
    ]),
  );
}
