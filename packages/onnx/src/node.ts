import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { countElements } from './graph/graph.js';
import type { Session, SessionOptions, TensorData } from './session.js';
import type { Signature, TracedGraph } from './trace.js';

export type { Session, SessionOptions, TensorData } from './session.js';

const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/**
 * Makes a traced graph ready to run on the CPU with ONNX Runtime (`onnxruntime-node`). Runs use the calling
 * thread.
 *
 * @throws if ONNX Runtime refuses the graph.
 */
export async function createSession(
  { bytes, inputs, outputs }: TracedGraph,
  { threads, outputSets = 0, memoryPattern = true }: SessionOptions = {},
): Promise<Session> {
  const runtime = await InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: memoryPattern,
    interOpNumThreads: 1,
    // A session's threads wait for their next operation in a busy loop, and by default go on with that
    // between runs: where sessions take turns, those of one would take the processors from another.
    extra: { session: { force_spinning_stop: '1' } },
    // More threads than cores wait for each other in those loops: many times as long.
    ...(threads === undefined ? {} : { intraOpNumThreads: Math.min(threads, availableParallelism()) }),
  });
  const reusedSets = Array.from({ length: outputSets }, () => allocateTensors(outputs));
  let runs = 0;
  return {
    async run(feeds) {
      const tensors = wrapFeeds(feeds, inputs);
      const results = reusedSets[runs++ % outputSets] ?? allocateTensors(outputs);
      await runtime.run(tensors, results);
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, tensor.data as TensorData]),
      );
    },
    release: () => runtime.release(),
  };
}

function allocateTensors(signature: Signature): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(signature).map(([name, { shape, dtype = 'float32' }]) => [
      name,
      new Tensor(dtype, new arrayTypes[dtype](countElements(shape)), shape),
    ]),
  );
}

function wrapFeeds(feeds: Record<string, TensorData>, signature: Signature): Record<string, Tensor> {
  const unknown = Object.keys(feeds).find((name) => !(name in signature));
  if (unknown !== undefined) {
    throw new Error(`Expected feeds named ${Object.keys(signature).join(', ')} but received '${unknown}'.`);
  }
  return Object.fromEntries(
    Object.entries(signature).map(([name, { shape, dtype = 'float32' }]) => {
      const data = feeds[name];
      if (!data) throw new Error(`Expected a feed for input '${name}' [${shape}] but received none.`);
      if (data.length !== countElements(shape) || data.constructor.name !== arrayTypes[dtype].name) {
        throw new Error(
          `Expected ${countElements(shape)} elements of ${arrayTypes[dtype].name} for input '${name}' [${shape}] but received ${data.length} of ${data.constructor.name}.`,
        );
      }
      // A view, not a copy; made here because ONNX Runtime refuses arrays of another JavaScript realm, such
      // as a test runner's.
      const view = new arrayTypes[dtype](data.buffer as ArrayBuffer, data.byteOffset, data.length);
      return [name, new Tensor(dtype, view as Float32Array, shape)];
    }),
  );
}
