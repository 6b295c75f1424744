import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { activateBackend, importInstalled } from '@unblur/onnx/node';

/** TensorFlow.js backends that a step can run on op by op. */
export type EagerBackend = 'cpu' | 'webgpu' | 'tensorflow';

/**
 * Makes a TensorFlow.js backend active, loading it where that takes a package of its own.
 *
 * @throws saying what to install, or what is missing here.
 */
export function activateEagerBackend(name: EagerBackend): Promise<void> {
  return activateBackend(`tfjs-${name}`, name, loaders[name]);
}

const loaders: Record<EagerBackend, () => Promise<void>> = {
  async cpu() {
    await import('@tensorflow/tfjs-backend-cpu');
  },

  async webgpu() {
    const { create, globals } = await importInstalled<WebGpuPackage>(
      'tfjs-webgpu',
      ['webgpu'],
      import.meta.url,
    );
    const gpu = create([]);
    if (!(await gpu.requestAdapter())) {
      throw new Error(
        "Expected a GPU for the engine 'tfjs-webgpu' but there is none that WebGPU can use here; install its Vulkan driver, or use the engine 'onnxruntime'.",
      );
    }
    Object.assign(globalThis, globals);
    Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
    await importInstalled('tfjs-webgpu', ['@tensorflow/tfjs-backend-webgpu'], import.meta.url);
    addFewAtOnce();
  },

  async tensorflow() {
    await importInstalled(
      'tfjs-tensorflow',
      ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
      import.meta.url,
    );
  },
};

/** A device binds no more buffers to a shader than this, of which one is the result. */
const buffersAtOnce = 8;

/** The backend `webgpu` adds all tensors of a sum in one shader, however many they are. */
function addFewAtOnce(): void {
  const original = getKernel('AddN', 'webgpu');
  const addAll = original.kernelFunc as unknown as (call: {
    inputs: TensorInfo[];
    backend: unknown;
  }) => TensorInfo;
  unregisterKernel('AddN', 'webgpu');
  registerKernel({
    ...original,
    kernelFunc: ({ inputs, backend: device }) => {
      const rest = Object.values(inputs) as TensorInfo[];
      let sum = addAll({ inputs: rest.splice(0, buffersAtOnce - 1), backend: device });
      while (rest.length > 0) {
        const partial = sum;
        sum = addAll({ inputs: [partial, ...rest.splice(0, buffersAtOnce - 2)], backend: device });
        (device as { disposeData(id: object): boolean }).disposeData(partial.dataId);
      }
      return sum;
    },
  });
}

/** Dawn, WebGPU's implementation in Chromium, for Node. */
interface WebGpuPackage {
  create(flags: string[]): { requestAdapter(): Promise<object | null> };
  globals: object;
}
