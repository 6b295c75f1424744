import type { Engine } from './engine.js';
import type { EngineName } from '../run-file/fields.js';
import type { LearningTask } from '../training-system.js';

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
