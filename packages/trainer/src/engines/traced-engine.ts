import type { WeightValues } from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import type { Session } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import type { Engine } from './engine.js';
import {
  blurredInput,
  restorationStep,
  restoredOf,
  stepResultOf,
  taskSignature,
  trainingStep,
} from './training-step.js';
import type { Batch, LearningTask } from '../training-system.js';

/**
 * The default engine: the training step, gradients included, traced once to an ONNX graph and run by ONNX
 * Runtime.
 *
 * @param options.threads processor threads that ONNX Runtime may use.
 */
export async function createTracedEngine(task: LearningTask, options: { threads: number }): Promise<Engine> {
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
  const run = async (session: Session, weights: WeightValues, others: Batch) => {
    const feeds = Object.fromEntries(names.map((name) => [name, weights[name]!.values]));
    return (await session.run({ ...feeds, ...others })) as Record<string, Float32Array>;
  };

  return {
    lossAndGradients: async (weights, batch) => stepResultOf(await run(stepSession, weights, batch)),
    restore: async (weights, blurred) =>
      restoredOf(await run(restorationSession, weights, { [blurredInput]: blurred })),
    release: async () => {
      await stepSession.release();
      await restorationSession.release();
    },
  };
}
