import type { Tensor4D } from '@tensorflow/tfjs-core';

/**
 * @param what the network takes, for the message.
 * @throws unless `x` is `[B, H, W, 3]` with H and W multiples of `multiple`.
 */
export function expectMultipleSize(x: Tensor4D, multiple: number, what: string): void {
  const { shape, rank } = x;
  if (rank !== 4 || shape[3] !== 3 || shape[1] % multiple !== 0 || shape[2] % multiple !== 0) {
    throw new Error(
      `Expected ${what} [B, H, W, 3], height and width multiples of ${multiple}, but received [${shape}]; pad first.`,
    );
  }
}
