import { customGrad, engine, getBackend, getKernel, zeros } from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';

/** Computes a tensor from others as if they were constants: no gradient flows back to them. */
export function stopGradient<T extends Tensor, Inputs extends Tensor[]>(
  inputs: Inputs,
  compute: (...inputs: Inputs) => T,
): T {
  const shapes = inputs.map(({ shape }) => shape);
  const constant = customGrad(((...args: unknown[]) => {
    // The last argument is TensorFlow.js's function for saving tensors.
    const values = args.slice(0, -1) as Inputs;
    return { value: markConstant(compute(...values)), gradFunc: () => shapes.map((shape) => zeros(shape)) };
  }) as Parameters<typeof customGrad>[0]);
  return constant(...inputs) as T;
}

/**
 * Leaves a mark where a backend has a kernel for it, as tracing has: whoever differentiates the graph must
 * know too.
 */
function markConstant<T extends Tensor>(x: T): T {
  return getKernel('StopGradient', getBackend())
    ? (engine().runKernel('StopGradient', { x } as unknown as NamedTensorMap) as unknown as T)
    : x;
}
