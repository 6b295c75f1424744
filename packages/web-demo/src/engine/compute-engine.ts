import { weightTensors } from '@unblur/core-model';
import {
  int8Convolutions,
  type ComputedFunction,
  type ComputeEngine,
  type OpenFunction,
  type Precision,
} from '@unblur/restoration';
import { trace, type TracedGraph } from '@unblur/onnx';
import type { Tensor } from 'onnxruntime-common';
import type { Engine, GraphSession } from './engine.js';

/** Of the engines, WebAssembly alone computes in 8-bit integers. */
export const precisionOn = ({ name }: Pick<Engine, 'name'>, wanted: Precision): Precision =>
  name === 'wasm' ? wanted : 'float32';

/** A function of tensors with its weights, stored as they came, as float16, ready to run on an engine. */
export async function openFunction(
  engine: Engine,
  { compute, inputShapes, weights }: ComputedFunction,
  precision: Precision,
): Promise<{ graph: TracedGraph; session: GraphSession }> {
  const signature = Object.entries(inputShapes).map(([name, shape]) => [name, { shape }] as const);
  const graph = trace(
    (inputs) => compute(inputs, weightTensors(weights.values)),
    Object.fromEntries(signature),
    {
      storeHalves: true,
      int8: precisionOn(engine, precision) === 'int8' ? int8Convolutions(weights) : [],
    },
  );
  return { graph, session: await engine.open(graph) };
}

/** The page's engine as `@unblur/restoration` takes it: arrays in, arrays out. */
export function computeEngine(engine: Engine, precision: Precision = 'int8'): ComputeEngine {
  return {
    memoryFactor: 1,
    async open(fn) {
      const { graph, session } = await openFunction(engine, fn, precision);
      return {
        outputShapes: Object.fromEntries(
          Object.entries(graph.outputs).map(([name, { shape }]) => [name, shape]),
        ),
        async run(inputs) {
          const outputs = await Promise.race([session.run(inputs), engine.lost]);
          const values: Record<string, Float32Array> = {};
          for (const [name, output] of Object.entries(outputs)) {
            values[name] = await valuesOf(output, engine.lost);
            output.dispose();
          }
          return values;
        },
        release: () => session.release(),
      };
    },
  };
}

/**
 * Computes on a graphics device until it fails or is silent, from then on the processor. Runs take and give
 * plain arrays and leave nothing on the device: the one that failed is done again, and no frame is lost.
 *
 * @param mostSilentSeconds how long opening a function or a run of it may take on the device.
 * @param onLoss called once, when the processor takes over.
 */
export function withProcessorAtHand(
  graphics: ComputeEngine,
  processor: ComputeEngine,
  { mostSilentSeconds, onLoss }: { mostSilentSeconds: number; onLoss: () => void },
): ComputeEngine {
  let isLost = false;
  /** Undefined where the device does not give it. */
  async function attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (isLost) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('No answer came.')), 1000 * mostSilentSeconds);
    });
    try {
      return await Promise.race([work(), silence]);
    } catch {
      // Another run may have found it lost meanwhile.
      if (!isLost) onLoss();
      isLost = true;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
  return {
    memoryFactor: Math.max(graphics.memoryFactor, processor.memoryFactor),
    async open(fn) {
      const onGraphics = await attempt(() => graphics.open(fn));
      let opening: Promise<OpenFunction> | undefined;
      const onProcessor = () => (opening ??= processor.open(fn));
      const { outputShapes } = onGraphics ?? (await onProcessor());
      return {
        outputShapes,
        run: async (inputs) =>
          (onGraphics && (await attempt(() => onGraphics.run(inputs)))) ?? (await onProcessor()).run(inputs),
        async release() {
          // A lost device may never answer.
          if (!isLost) await onGraphics?.release();
          await (await opening)?.release();
        },
      };
    },
  };
}

/** The values of a tensor, wherever it lies. @param lost rejects when the engine goes away. */
export async function valuesOf(tensor: Tensor, lost: Promise<never>): Promise<Float32Array> {
  return (await Promise.race([tensor.getData(), lost])) as Float32Array;
}
