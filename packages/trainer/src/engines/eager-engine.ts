import {
  backend,
  dispose,
  getKernel,
  registerKernel,
  tensor,
  tidy,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { weightTensors, type NamedTensors } from '@unblur/core-model';
import { activateBackend, importInstalled } from '@unblur/onnx/node';
import { withCorrectedGradients } from './corrected-gradients.js';
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

const loaders: Record<EagerBackend, () => Promise<void>> = {
  cpu: async () => {
    throw new Error(
      "Expected the TensorFlow.js backend 'cpu' to be registered but it is not; import '@tensorflow/tfjs' once in the application.",
    );
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
