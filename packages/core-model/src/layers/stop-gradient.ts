import { customGrad, zeros } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Computes a tensor from others as if they were constants: no gradient flows back to them. */
export function stopGradient<T extends Tensor, Inputs extends Tensor[]>(inputs: Inputs, compute: (...inputs: Inputs) => T): T {
  const shapes = inputs.map(({ shape }) => shape);
  const constant = customGrad(((...args: unknown[]) => {
    // The last argument is TensorFlow.js's function for saving tensors.
    const values = args.slice(0, -1) as Inputs;
    return { value: compute(...values), gradFunc: () => shapes.map((shape) => zeros(shape)) };
  }) as Parameters<typeof customGrad>[0]);
  return constant(...inputs) as T;
}
