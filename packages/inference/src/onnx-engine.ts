import { weightTensors } from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import { UnblurError } from '@unblur/files';
import { chooseRuntime, createSession } from '@unblur/onnx/node';
import type { ComputeEngine } from '@unblur/restoration';

/**
 * Computes on the processor with ONNX Runtime: functions are traced with their weights as constants.
 *
 * @param threads Default: all cores.
 */
export function onnxRuntimeEngine(threads?: number): ComputeEngine {
  return {
    memoryFactor: 1,
    async open({ compute, inputShapes, weights, reusesOutputs = false }) {
      await chooseRuntime().catch((cause: Error) => {
        throw new UnblurError(cause.message, { cause });
      });
      const graph = trace(
        (inputs) => compute(inputs, weightTensors(weights)),
        Object.fromEntries(Object.entries(inputShapes).map(([name, shape]) => [name, { shape }])),
      );
      const session = await createSession(graph, {
        threads,
        outputSets: reusesOutputs ? 1 : 0,
        memoryPattern: false,
      });
      return {
        outputShapes: Object.fromEntries(
          Object.entries(graph.outputs).map(([name, { shape }]) => [name, shape]),
        ),
        run: async (inputs) => (await session.run(inputs)) as Record<string, Float32Array>,
        release: () => session.release(),
      };
    },
  };
}
