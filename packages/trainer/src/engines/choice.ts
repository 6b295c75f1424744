import type { Engine } from './engine.js';
import type { LearningTask } from '../training-system.js';

/**
 * What can compute a run:
 * - `onnxruntime`: on the processor, without Python;
 * - `torch`: PyTorch, on the GPUs it has; its weights stay with it, so it has a learner of its own
 *   (`torch/torch-learner.ts`);
 * - `tfjs-webgpu`: a GPU through the package `webgpu`; `tfjs-tensorflow`: TensorFlow's C library through
 *   `@tensorflow/tfjs-node` or `-gpu`;
 * - `tfjs-cpu`: TensorFlow.js in plain JavaScript, very slow, which the others are tested against.
 */
export const engineNames = ['onnxruntime', 'torch', 'tfjs-webgpu', 'tfjs-tensorflow', 'tfjs-cpu'] as const;
export type EngineName = (typeof engineNames)[number];

/**
 * Opens an engine of this process; its packages are loaded only now. @throws if it is not installed or does
 * not start.
 */
export async function openEngine(
  name: Exclude<EngineName, 'torch'>,
  task: LearningTask,
  { threads }: { threads: number },
): Promise<Engine> {
  if (name === 'onnxruntime') {
    const { createTracedEngine } = await import('./traced-engine.js');
    return createTracedEngine(task, { threads });
  }
  const { createEagerEngine } = await import('./eager-engine.js');
  const backends = { 'tfjs-cpu': 'cpu', 'tfjs-webgpu': 'webgpu', 'tfjs-tensorflow': 'tensorflow' } as const;
  return createEagerEngine(task, { backend: backends[name] });
}
