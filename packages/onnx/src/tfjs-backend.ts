import { findBackendFactory, getBackend, setBackend } from '@tensorflow/tfjs-core';

/**
 * Makes a TensorFlow.js backend the active one.
 *
 * @param engine what users call it, for messages.
 * @param load loads the package of the backend, which registers it; called where it is not registered.
 * @throws what `load` throws, or that the backend does not start.
 */
export async function activateBackend(
  engine: string,
  backend: string,
  load: () => Promise<unknown>,
): Promise<void> {
  if (getBackend() === backend) return;
  if (!findBackendFactory(backend)) await load();
  if (!(await setBackend(backend))) {
    throw new Error(
      `Expected the engine '${engine}' to start but it does not here; use the engine 'onnxruntime'`,
    );
  }
}
