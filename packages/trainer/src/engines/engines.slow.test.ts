import { afterAll, beforeAll, describe } from '@jest/globals';
import '@tensorflow/tfjs';
import { activateEagerBackend } from './eager-backends.js';
import type { EagerBackend } from './eager-backends.js';
import { testEngine, workloads, type WorkloadName } from './engine-agreement.test-tool.js';
import { openEngine } from './choice.js';
import type { Engine } from './engine.js';
import { tinyRun } from '../systems/photo/tiny-network.test-tool.js';
import { openTorchLearner } from './torch/torch-learner.js';
import { startTorchProcesses } from './torch/torch-process.js';
import type { TorchProcesses } from './torch/torch-process.js';
import { findTorch } from './torch/torch-program.js';
import type { LearningTask } from '../training-system.js';

/** Skips, with a plain line, where the machine lacks something. */
function describeUnless(missing: string | undefined, name: string, body: () => void): void {
  if (missing !== undefined) console.warn(`Skipped the engine ${name}: ${missing}`);
  (missing === undefined ? describe : describe.skip)(`the engine ${name}`, body);
}

const whatIsMissing = (backend: EagerBackend): Promise<string | undefined> =>
  activateEagerBackend(backend).then(
    () => undefined,
    (error: Error) => error.message,
  );

/** PyTorch as an engine: it is given its weights anew for each step. */
async function openTorch(task: LearningTask, processes: TorchProcesses): Promise<Engine> {
  const { optimizer, emaDecay } = tinyRun('steps: 1');
  const learner = await openTorchLearner(task, processes, {
    torch: { precision: 'float32', channelsLast: true, compile: false },
    optimizer,
    emaDecay,
    threads: 1,
  });
  return {
    lossAndGradients: async (weights, batch) => {
      await learner.load({ weights });
      return learner.gradients(batch);
    },
    restore: async (weights, blurred) => {
      await learner.load({ weights });
      return learner.restore(blurred);
    },
    release: () => learner.release(),
  };
}

describeUnless(undefined, 'onnxruntime', () =>
  // `photo` is in the fast lane.
  testEngine(
    (task) => openEngine('onnxruntime', task, { threads: 1 }),
    1e-3,
    (Object.keys(workloads) as WorkloadName[]).filter((name) => name !== 'photo'),
  ),
);
describeUnless(findTorch() ? undefined : 'there is no Python with torch and numpy.', 'torch', () => {
  let processes: TorchProcesses;
  beforeAll(async () => void (processes = await startTorchProcesses(1, 1)));
  afterAll(() => processes?.stop());
  testEngine((task) => openTorch(task, processes), 1e-3);
});
describeUnless(await whatIsMissing('webgpu'), 'tfjs-webgpu', () =>
  testEngine((task) => openEngine('tfjs-webgpu', task, { threads: 1 }), 1e-3),
);
describeUnless(await whatIsMissing('tensorflow'), 'tfjs-tensorflow', () =>
  testEngine((task) => openEngine('tfjs-tensorflow', task, { threads: 1 }), 1e-3),
);
