import type { Graph } from '../graph/graph.js';
import type { TracedTensor } from '../traced-tensor.js';

/** One call of a TensorFlow.js kernel, as a lowering sees it. */
export interface KernelCall<InputName extends string = string, Attributes = Record<string, unknown>> {
  inputs: Record<InputName, TracedTensor>;
  attrs: Attributes;
  graph: Graph;
}

/** Writes the ONNX nodes that compute what a kernel computes, and returns the kernel's outputs. */
export type Lowering = (call: KernelCall) => TracedTensor | TracedTensor[];

/** States the inputs and attributes that a kernel's lowering reads. */
export function lowering<InputName extends string, Attributes = Record<string, never>>(
  emit: (call: KernelCall<InputName, Attributes>) => TracedTensor | TracedTensor[],
): Lowering {
  return emit as unknown as Lowering;
}
