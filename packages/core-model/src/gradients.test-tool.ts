import * as tf from '@tensorflow/tfjs';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import type { NamedTensors } from './parts/layers.js';

export interface Evaluation {
  loss: number;
  /** By the name of the weight. */
  gradients: Record<string, Float32Array>;
  /** What else was asked for. */
  beside: Record<string, Float32Array>;
}

/**
 * A loss and its gradient by every weight, to be evaluated with other values of them. A graph on ONNX
 * Runtime: TensorFlow.js's own gradient of bilinear resizing leaves the half-pixel shift out, and it has none
 * of dilated convolutions.
 */
export async function openGradients(
  weights: NamedTensors,
  compute: (weights: NamedTensors) => { loss: tf.Tensor; beside?: NamedTensors },
): Promise<{
  evaluate(changed?: Record<string, Float32Array>): Promise<Evaluation>;
  release(): Promise<void>;
}> {
  const names = Object.keys(weights);
  const graph = trace(
    (inputs) => {
      let beside: NamedTensors = {};
      const lossOf = (...values: tf.Tensor[]) => {
        const computed = compute(Object.fromEntries(names.map((name, index) => [name, values[index]!])));
        beside = Object.fromEntries(
          Object.entries(computed.beside ?? {}).map(([name, value]) => [name, tf.keep(value)]),
        );
        return computed.loss as tf.Scalar;
      };
      const { value, grads } = tf.valueAndGrads(lossOf)(names.map((name) => inputs[name]!));
      return {
        'computed:loss': value,
        ...Object.fromEntries(names.map((name, index) => [`gradient:${name}`, grads[index]!])),
        ...Object.fromEntries(Object.entries(beside).map(([name, tensor]) => [`beside:${name}`, tensor])),
      };
    },
    Object.fromEntries(names.map((name) => [name, { shape: weights[name]!.shape }])),
  );
  const session = await createSession(graph, { threads: 1, optimized: false });
  const values = Object.fromEntries(
    names.map((name) => [name, Float32Array.from(weights[name]!.dataSync())]),
  );
  return {
    evaluate: async (changed = {}) => {
      const outputs = (await session.run({ ...values, ...changed })) as Record<string, Float32Array>;
      const those = (kind: string) =>
        Object.fromEntries(
          Object.entries(outputs).flatMap(([name, value]) =>
            name.startsWith(kind) ? [[name.slice(kind.length), value]] : [],
          ),
        );
      return { loss: outputs['computed:loss']![0]!, gradients: those('gradient:'), beside: those('beside:') };
    },
    release: () => session.release(),
  };
}

/** Names of the weights that a loss does not depend on. */
export async function weightsWithoutGradient(
  weights: NamedTensors,
  loss: (weights: NamedTensors) => tf.Tensor,
): Promise<string[]> {
  const { evaluate, release } = await openGradients(weights, (of) => ({ loss: loss(of) }));
  const { gradients } = await evaluate();
  await release();
  return Object.keys(gradients).filter((name) => gradients[name]!.every((value) => value === 0));
}
