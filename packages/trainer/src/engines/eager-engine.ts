import { dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import type { NamedTensors, WeightValues } from '@unblur/core-model';
import { withCorrectedGradients } from './corrected-gradients.js';
import { activateBackend, expectComputed } from './eager-backend.js';
import type { EagerBackend } from './eager-backend.js';
import type { Engine } from './engine.js';
import {
  blurredInput,
  expectGradients,
  framesOf,
  gradientName,
  restorationStep,
  termsOf,
  trainingStep,
} from './training-step.js';
import type { LearningTask } from '../training-system.js';

/**
 * The same step run op by op on a TensorFlow.js backend: slow on `cpu`, and there the oracle of the other
 * engines.
 *
 * @throws if the backend is not installed or does not start.
 */
export async function createEagerEngine(
  task: LearningTask,
  { backend }: { backend: EagerBackend },
): Promise<Engine> {
  expectGradients();
  await activateBackend(backend);
  const step = trainingStep(task);
  const restoration = restorationStep(task.restoration);
  const {
    weightShapes,
    objective,
    restoration: { blurredShape },
  } = task;
  const tensorsOf = (values: Record<string, Float32Array>, shapes: Record<string, number[]>): NamedTensors =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, tensor(values[name]!, shape as [number])]),
    );
  const weightTensors = (weights: WeightValues) =>
    tensorsOf(
      Object.fromEntries(Object.entries(weights).map(([name, { values }]) => [name, values])),
      weightShapes,
    );
  const run = async (fn: () => NamedTensors): Promise<Record<string, Float32Array>> => {
    await activateBackend(backend);
    return expectComputed(async () => {
      const outputs = tidy(() => withCorrectedGradients(fn));
      const values = await Promise.all(
        Object.entries(outputs).map(
          async ([name, output]) => [name, (await output.data<'float32'>()).slice()] as const,
        ),
      );
      dispose(outputs);
      return Object.fromEntries(values);
    });
  };

  return {
    lossAndGradients: async (weights, batch) => {
      const outputs = await run(() =>
        step({ ...weightTensors(weights), ...tensorsOf(batch, objective.batchShapes) }),
      );
      return {
        terms: termsOf(outputs),
        gradients: Object.fromEntries(task.groups.flat().map((name) => [name, outputs[gradientName(name)]!])),
      };
    },
    restore: async (weights, blurred) =>
      framesOf(
        await run(() =>
          restoration({
            ...weightTensors(weights),
            [blurredInput]: tensor(blurred, blurredShape as [number]),
          }),
        ),
      ),
    release: async () => {},
  };
}
