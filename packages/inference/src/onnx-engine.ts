import { isCalibrated, weightTensors } from '@unblur/core-model';
import { trace, type TracedGraph, type TraceOptions } from '@unblur/onnx';
import { UnblurError } from '@unblur/files';
import { chooseRuntime, createSession, graphicsFailure } from '@unblur/onnx/node';
import {
  int8Convolutions,
  listOfWeights,
  precisions,
  type ComputedFunction,
  type ComputeEngine,
  type Precision,
  type VideoWeights,
} from '@unblur/restoration';

/** ONNX Runtime on the processor, and on a graphics device. */
export const onnxRuntimeEngineNames = ['onnxruntime', 'onnxruntime-webgpu'] as const;
export type OnnxRuntimeEngineName = (typeof onnxRuntimeEngineNames)[number];

export interface OnnxRuntimeOptions {
  /** Default: all cores. */
  threads?: number | undefined;
  /** Default: `int8`, for the layers whose ranges are known; a graphics device computes in float32 all the same. */
  precision?: Precision | undefined;
}

/** What an engine computes calibrated layers in if `asked` is asked for. */
export function precisionOn(engine: string, asked: Precision): Precision {
  return engine === 'onnxruntime' ? asked : 'float32';
}

/**
 * What networks are computed in if `asked` is asked for: 8-bit integers where the engine has them and one of the
 * weights is calibrated.
 */
export function computedPrecision(weights: VideoWeights, engine: string, asked: Precision): Precision {
  return listOfWeights(weights).some(isCalibrated) ? precisionOn(engine, asked) : 'float32';
}

/** @throws UnblurError unless the value is a precision or undefined. */
export function expectPrecision(precision: Precision | undefined): void {
  if (precision === undefined || precisions.includes(precision)) return;
  throw new UnblurError(
    `Expected ${precisions.join(' or ')} for precision but received ${String(precision)}`,
  );
}

/** @throws UnblurError where ONNX Runtime has no graphics device to compute on. */
export async function expectGraphics(): Promise<void> {
  const failure = await graphicsFailure();
  if (failure === undefined) return;
  throw new UnblurError(
    `Expected a graphics device for the engine 'onnxruntime-webgpu' but ${failure}; or use the engine 'onnxruntime'`,
  );
}

/** Traces a function with its weights as constants; also returns the shapes of its outputs. */
export function traceFunction(
  { compute, inputShapes, weights }: ComputedFunction,
  options: TraceOptions,
): { graph: TracedGraph; outputShapes: Record<string, number[]> } {
  const shapesOf = <In, Out>(entries: Record<string, In>, change: (entry: In) => Out) =>
    Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, change(entry)]));
  const graph = trace(
    (inputs) => compute(inputs, weightTensors(weights.values)),
    shapesOf(inputShapes, (shape) => ({ shape })),
    options,
  );
  return { graph, outputShapes: shapesOf(graph.outputs, ({ shape }) => shape) };
}

/** Computes with ONNX Runtime. */
export function onnxRuntimeEngine(
  name: OnnxRuntimeEngineName = 'onnxruntime',
  { threads, precision = 'int8' }: OnnxRuntimeOptions = {},
): ComputeEngine {
  const device = name === 'onnxruntime-webgpu' ? 'webgpu' : 'cpu';
  return {
    memoryFactor: 1,
    async open(fn) {
      await chooseRuntime().catch((cause: Error) => {
        throw new UnblurError(cause.message, { cause });
      });
      if (device === 'webgpu') await expectGraphics();
      const { graph, outputShapes } = traceFunction(fn, {
        int8: precisionOn(name, precision) === 'int8' ? int8Convolutions(fn.weights) : [],
        placesAtOnce: 32_768,
      });
      const session = await createSession(graph, {
        threads,
        device,
        outputSets: fn.reusesOutputs ? 1 : 0,
        memoryPattern: false,
      });
      return {
        outputShapes,
        run: async (inputs) => (await session.run(inputs)) as Record<string, Float32Array>,
        release: () => session.release(),
      };
    },
  };
}
