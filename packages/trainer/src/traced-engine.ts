import { getGradient } from '@tensorflow/tfjs-core';
import type { WeightValues } from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import type { Signature } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import type { Engine } from './engine.js';
import { BLURRED, framesOf, gradientName, restorationStep, termsOf, trainingStep } from './training-step.js';
import type { LearningTask } from './training-system.js';

/**
 * The default engine: the training step, gradients included, traced once to an ONNX graph and run by ONNX Runtime.
 *
 * @param options.threads processor threads that ONNX Runtime may use.
 * @throws if TensorFlow.js's gradients are not registered.
 */
export async function createTracedEngine(task: LearningTask, options: { threads: number }): Promise<Engine> {
  expectGradients();
  const learned = task.groups.flat();
  const stepSession = await createSession(trace(trainingStep(task), taskSignature(task, task.objective.batchShapes)), { ...options, outputSets: 1 });
  const restorationSession = await createSession(trace(restorationStep(task.restoration), taskSignature(task, { [BLURRED]: task.restoration.blurredShape })), options);
  const names = Object.keys(task.weightShapes);
  const feedsOf = (weights: WeightValues) => Object.fromEntries(names.map((name) => [name, weights[name]!.values]));

  return {
    lossAndGradients: async (weights, batch) => {
      const outputs = (await stepSession.run({ ...feedsOf(weights), ...batch })) as Record<string, Float32Array>;
      return { terms: termsOf(outputs), gradients: Object.fromEntries(learned.map((name) => [name, outputs[gradientName(name)]!])) };
    },
    restore: async (weights, blurred) => framesOf((await restorationSession.run({ ...feedsOf(weights), [BLURRED]: blurred })) as Record<string, Float32Array>),
    release: async () => {
      await stepSession.release();
      await restorationSession.release();
    },
  };
}

/** Inputs of a step: every weight, and what else it is given. */
export function taskSignature({ weightShapes }: Pick<LearningTask, 'weightShapes'>, others: Record<string, number[]>): Signature {
  return Object.fromEntries(Object.entries({ ...weightShapes, ...others }).map(([name, shape]) => [name, { shape }]));
}

/** @throws if TensorFlow.js's gradients are not registered. */
export function expectGradients(): void {
  if (!getGradient('Conv2D')) throw new Error("Expected the gradients of TensorFlow.js to be registered but they are not; import '@tensorflow/tfjs' once in the application.");
}
