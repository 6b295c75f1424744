import type { WeightValues } from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import type { Engine } from './engine.js';
import {
  blurredInput,
  gradientName,
  restorationStep,
  restoredOf,
  taskSignature,
  termsOf,
  trainingStep,
} from './training-step.js';
import type { LearningTask } from '../training-system.js';

/**
 * The default engine: the training step, gradients included, traced once to an ONNX graph and run by ONNX
 * Runtime.
 *
 * @param options.threads processor threads that ONNX Runtime may use.
 */
export async function createTracedEngine(task: LearningTask, options: { threads: number }): Promise<Engine> {
  const learned = task.groups.flat();
  const stepSession = await createSession(
    trace(trainingStep(task), taskSignature(task, task.objective.batchShapes)),
    { ...options, outputSets: 1 },
  );
  const restorationSession = await createSession(
    trace(
      restorationStep(task.restoration),
      taskSignature(task, { [blurredInput]: task.restoration.blurredShape }),
    ),
    options,
  );
  const names = Object.keys(task.weightShapes);
  const feedsOf = (weights: WeightValues) =>
    Object.fromEntries(names.map((name) => [name, weights[name]!.values]));

  return {
    lossAndGradients: async (weights, batch) => {
      const outputs = (await stepSession.run({ ...feedsOf(weights), ...batch })) as Record<
        string,
        Float32Array
      >;
      return {
        terms: termsOf(outputs),
        gradients: Object.fromEntries(learned.map((name) => [name, outputs[gradientName(name)]!])),
      };
    },
    restore: async (weights, blurred) =>
      restoredOf(
        (await restorationSession.run({ ...feedsOf(weights), [blurredInput]: blurred })) as Record<
          string,
          Float32Array
        >,
      ),
    release: async () => {
      await stepSession.release();
      await restorationSession.release();
    },
  };
}
