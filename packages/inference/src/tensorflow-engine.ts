import { weightTensors } from '@unblur/core-model';
import { UnblurError } from '@unblur/files';
import { activateBackend, importInstalled } from '@unblur/onnx/node';
import type { ComputeEngine } from '@unblur/restoration';
import { dispose, tensor, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Backends of TensorFlow.js that compute op by op. `tfjs-tensorflow`: TensorFlow's C library, on a GPU too;
 * `tfjs-cpu`: plain JavaScript, very slow, which the others are tested against.
 */
const backends = {
  'tfjs-tensorflow': {
    backend: 'tensorflow',
    packages: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
  },
  'tfjs-cpu': { backend: 'cpu', packages: ['@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs'] },
} as const;

export type TensorFlowEngineName = keyof typeof backends;

/**
 * Every layer's output is kept until the function ends, where ONNX Runtime frees it as soon as it can:
 * an estimate, on the safe side.
 */
const memoryFactor = 4;

/**
 * Computes on a backend of TensorFlow.js, whose package is loaded now: from beside this package, or from the
 * working directory.
 *
 * @throws UnblurError that says what to install, or why what is installed does not start.
 */
export async function tensorFlowEngine(name: TensorFlowEngineName): Promise<ComputeEngine> {
  const { backend, packages } = backends[name];
  const load = () => importInstalled(name, packages, import.meta.url);
  const activate = () =>
    activateBackend(name, backend, load).catch((cause: Error) => {
      throw new UnblurError(cause.message, { cause });
    });
  await activate();
  return {
    memoryFactor,
    async open({ compute, inputShapes, weights }) {
      await activate();
      const heldWeights = weightTensors(weights.values);
      const call = async <T>(
        input: (key: string, shape: number[]) => Tensor,
        read: (output: Tensor) => Promise<T>,
      ) => {
        await activate();
        const outputs = tidy(() =>
          compute(
            Object.fromEntries(Object.entries(inputShapes).map(([key, shape]) => [key, input(key, shape)])),
            heldWeights,
          ),
        );
        try {
          const entries = Object.entries(outputs).map(
            async ([key, output]) => [key, await read(output)] as const,
          );
          return Object.fromEntries(await Promise.all(entries));
        } finally {
          dispose(outputs);
        }
      };
      return {
        outputShapes: await call(
          (_, shape) => zeros(shape),
          async (output) => output.shape,
        ),
        run: (inputs) =>
          call(
            (key, shape) => tensor(inputs[key]!, shape),
            // A backend may hand out memory of its own: a copy stays valid.
            async (output) => Float32Array.from(await output.data()),
          ),
        release: async () => dispose(heldWeights),
      };
    },
  };
}
