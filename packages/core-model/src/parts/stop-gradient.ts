import { clone, customGrad, engine, getBackend, getKernel } from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';

/** Computes a tensor from others as if they were constants: no gradient flows back to them. */
export function stopGradient<T extends Tensor, Inputs extends Tensor[]>(
  inputs: Inputs,
  compute: (...inputs: Inputs) => T,
): T {
  // An operation without inputs has nothing that a gradient could flow back to, not even zeros to compute.
  const constant = customGrad(() => ({ value: markConstant(compute(...inputs)), gradFunc: () => [] }));
  return constant() as T;
}

/** The same tensor, through which no gradient flows. */
export function asGiven<T extends Tensor>(x: T): T {
  return stopGradient([x], (given) => clone(given));
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
