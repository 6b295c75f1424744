import { weightTensors } from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import { UnblurError } from '@unblur/files';
import { chooseRuntime, createSession } from '@unblur/onnx/node';
import { int8Convolutions, type ComputeEngine } from '@unblur/restoration';

/** Numbers that convolutions are computed in. */
export const precisions = ['int8', 'float32'] as const;
export type Precision = (typeof precisions)[number];

export interface OnnxRuntimeOptions {
  /** Default: all cores. */
  threads?: number | undefined;
  /** Default: `int8`, for the layers whose ranges are known. */
  precision?: Precision | undefined;
}

/** @throws UnblurError unless it is one, or left out. */
export function expectPrecision(precision: Precision | undefined): void {
  if (precision === undefined || precisions.includes(precision)) return;
  throw new UnblurError(
    `Expected ${precisions.join(' or ')} for precision but received ${String(precision)}`,
  );
}

/** Computes on the processor with ONNX Runtime: functions are traced with their weights as constants. */
export function onnxRuntimeEngine({ threads, precision = 'int8' }: OnnxRuntimeOptions = {}): ComputeEngine {
  return {
    memoryFactor: 1,
    async open({ compute, inputShapes, weights, ranges, reusesOutputs = false }) {
      await chooseRuntime().catch((cause: Error) => {
        throw new UnblurError(cause.message, { cause });
      });
      const graph = trace(
        (inputs) => compute(inputs, weightTensors(weights)),
        Object.fromEntries(Object.entries(inputShapes).map(([name, shape]) => [name, { shape }])),
        { int8: precision === 'int8' ? int8Convolutions({ weights, ranges }) : [] },
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
