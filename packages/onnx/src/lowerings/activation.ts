import type { Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import type { TracedTensor } from '../traced-tensor.js';
import { applyElementwise } from './elementwise.js';

/** How TensorFlow.js states the activation of a fused kernel. */
export interface FusedActivation {
  activation?: string;
  leakyreluAlpha?: number;
}

const activations: Record<string, (x: Value, alpha: number) => Value> = {
  linear: (x) => x,
  relu: (x) => onnx.elementwise('Relu', [x]),
  relu6: (x) => onnx.clip(x, 0, 6),
  elu: (x) => onnx.elementwise('Elu', [x]),
  sigmoid: (x) => onnx.elementwise('Sigmoid', [x]),
  leakyrelu: onnx.leakyRelu,
};

/** The activation of a fused convolution or matrix product. */
export function applyActivation(
  x: TracedTensor,
  { activation = 'linear', leakyreluAlpha = 0.2 }: FusedActivation,
  preluWeights?: TracedTensor,
): TracedTensor {
  if (activation === 'prelu' && preluWeights) {
    return applyElementwise([x, preluWeights], (value, slope) => onnx.elementwise('PRelu', [value, slope]));
  }
  const apply = activations[activation];
  if (!apply) {
    throw new Error(
      `Expected an activation among ${Object.keys(activations).join(', ')}, prelu but received '${activation}'`,
    );
  }
  return applyElementwise([x], (value) => apply(value, leakyreluAlpha));
}
