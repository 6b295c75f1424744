import { backend, dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import { weightTensors, type NamedTensors } from '@unblur/core-model';
import { withCorrectedGradients } from './corrected-gradients.js';
import { activateEagerBackend } from './eager-backends.js';
import type { EagerBackend } from './eager-backends.js';
import type { Engine } from './engine.js';
import { blurredInput, restorationStep, restoredOf, stepResultOf, trainingStep } from './training-step.js';
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
  await activateEagerBackend(backend);
  const step = trainingStep(task);
  const restoration = restorationStep(task.restoration);
  const {
    objective,
    restoration: { blurredShape },
  } = task;
  const tensorsOf = (values: Record<string, Float32Array>, shapes: Record<string, number[]>): NamedTensors =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, tensor(values[name]!, shape as [number])]),
    );
  const run = async (fn: () => NamedTensors): Promise<Record<string, Float32Array>> => {
    await activateEagerBackend(backend);
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
    lossAndGradients: async (weights, batch) =>
      stepResultOf(
        await run(() => step({ ...weightTensors(weights), ...tensorsOf(batch, objective.batchShapes) })),
      ),
    restore: async (weights, blurred) =>
      restoredOf(
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

/**
 * Computes, and throws what the device could not do: WebGPU reports it apart, and gives zeros.
 */
async function expectComputed<T>(compute: () => Promise<T>): Promise<T> {
  const { device } = backend() as {
    device?: {
      pushErrorScope(kind: 'validation'): void;
      popErrorScope(): Promise<{ message: string } | null>;
    };
  };
  device?.pushErrorScope('validation');
  let failure: { message: string } | null | undefined;
  const result = await compute().finally(async () => (failure = await device?.popErrorScope()));
  if (failure) {
    throw new Error(
      `Expected the engine to compute every operation but this device cannot; use the engine 'onnxruntime'. It says: ${failure.message.split('\n')[0]}`,
    );
  }
  return result;
}
