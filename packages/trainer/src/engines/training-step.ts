// Registers the gradients of all kernels; nothing smaller of TensorFlow.js does so in Node.
import '@tensorflow/tfjs-layers';
import { engine, keep, zerosLike } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { NamedTensors } from '@unblur/core-model';
import type { Signature } from '@unblur/onnx';
import type { StepResult } from './engine.js';
import type { LearningTask, Restored } from '../training-system.js';

/**
 * Names of outputs: a loss term and the gradient of one weight, of a step; a frame and the motion to it, of a
 * restoration.
 */
const termName = (term: string): string => `loss.${term}`;
const gradientName = (weight: string): string => `gradient.${weight}`;
const frameName = (frame: number): string => `frame.${frame}`;
const motionName = (frame: number): string => `motion.${frame}`;

/** Name of what is restored, among the inputs of `restorationStep`. */
export const blurredInput = 'blurred';

/**
 * One training step as a function of tensors alone, so that it can be traced to a graph or run eagerly.
 *
 * Inputs: every weight and the batch, by their names. Outputs: every loss term, a scalar, by `termName`, and
 * the gradient of the total of every weight that learns by `gradientName`.
 */
export function trainingStep({
  objective,
  groups,
}: Pick<LearningTask, 'objective' | 'groups'>): (inputs: NamedTensors) => NamedTensors {
  const names = groups.flat();
  const lossOf = lossStep(objective);
  return (inputs) => {
    const outputs: NamedTensors = {};
    const lossOfWeights = () => {
      const terms = lossOf(inputs);
      for (const [name, value] of Object.entries(terms)) outputs[name] = keep(value);
      return terms[termName('total')] as Scalar;
    };
    // `valueAndGrads` refuses weights without influence, which the decoder of a frame of weight 0 has.
    const { grads } = engine().gradients(
      lossOfWeights,
      names.map((name) => inputs[name]!),
    );
    names.forEach(
      (name, index) =>
        (outputs[gradientName(name)] = (grads[index] as Tensor | undefined) ?? zerosLike(inputs[name]!)),
    );
    return outputs;
  };
}

/**
 * The forward half of a training step, for those who differentiate it themselves: the same inputs, and the
 * loss terms alone.
 */
export function lossStep({ loss }: LearningTask['objective']): (inputs: NamedTensors) => NamedTensors {
  return (inputs) =>
    Object.fromEntries(Object.entries(loss(inputs)).map(([term, value]) => [termName(term), value]));
}

/**
 * The forward pass: inputs are every weight by its name and `blurredInput`; outputs are the frames by
 * `frameName` and, where the network tells them, the motions by `motionName`.
 */
export function restorationStep({
  restore,
}: LearningTask['restoration']): (inputs: NamedTensors) => NamedTensors {
  return (inputs) => {
    const { frames, motionsPixels = [] } = restore(inputs[blurredInput]!, inputs);
    return Object.fromEntries([
      ...frames.map((frame, index) => [frameName(index), frame] as const),
      ...motionsPixels.map((motion, index) => [motionName(index), motion] as const),
    ]);
  };
}

/** What a step says, from its outputs: loss terms and gradients by their own names. */
export function stepResultOf(outputs: Record<string, Float32Array>): StepResult {
  const named = (prefix: string) =>
    Object.entries(outputs).flatMap(([name, values]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), values] as const] : [],
    );
  return {
    terms: Object.fromEntries(named(termName('')).map(([term, values]) => [term, values[0]!])),
    gradients: Object.fromEntries(named(gradientName(''))),
  };
}

/** What was restored, from a restoration's outputs. */
export function restoredOf<T>(outputs: Record<string, T>): Restored<T> {
  const named = (nameOf: (frame: number) => string): T[] => {
    const found: T[] = [];
    for (let name = nameOf(0); name in outputs; name = nameOf(found.length)) found.push(outputs[name]!);
    return found;
  };
  const motionsPixels = named(motionName);
  return { frames: named(frameName), ...(motionsPixels.length > 0 && { motionsPixels }) };
}

/** Inputs of a step: every weight, and what else it is given. */
export function taskSignature(
  { weightShapes }: Pick<LearningTask, 'weightShapes'>,
  others: Record<string, number[]>,
): Signature {
  return Object.fromEntries(
    Object.entries({ ...weightShapes, ...others }).map(([name, shape]) => [name, { shape }]),
  );
}
