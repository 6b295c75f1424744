import type { ComputedFunction, ComputeEngine } from '@unblur/restoration';
import { tensor } from '@tensorflow/tfjs-core';
import { trace, type TracedGraph } from '@unblur/onnx';
import type { Tensor } from 'onnxruntime-common';
import type { Engine } from './engine.js';

/** A function of tensors as a graph whose weights are stored as they came, as float16. */
export function traceFunction({ compute, inputShapes, weights }: ComputedFunction): TracedGraph {
  const constants = () =>
    Object.fromEntries(
      Object.entries(weights).map(([name, { values, shape }]) => [name, tensor(values, shape)]),
    );
  const signature = Object.entries(inputShapes).map(([name, shape]) => [name, { shape }] as const);
  return trace((inputs) => compute(inputs, constants()), Object.fromEntries(signature), {
    storeHalves: true,
  });
}

/** The page's engine as `@unblur/restoration` takes it: arrays in, arrays out. */
export function computeEngine(engine: Engine): ComputeEngine {
  return {
    memoryFactor: 1,
    async open(fn) {
      const graph = traceFunction(fn);
      const session = await engine.open(graph);
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

/** The values of a tensor, wherever it lies. @param lost rejects when the engine goes away. */
export async function valuesOf(tensor: Tensor, lost: Promise<never>): Promise<Float32Array> {
  return (await Promise.race([tensor.getData(), lost])) as Float32Array;
}
