import type { OnnxRuntime } from '@unblur/onnxruntime';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { countElements } from './graph/graph.js';
import { operationThreads } from './operation-threads.js';
import { chooseRuntime, openRuntime } from './runtime.js';
import type { Session, SessionOptions, TensorData } from './session.js';
import type { Signature, TracedGraph } from './trace.js';

const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/**
 * Makes a traced graph ready to run with ONNX Runtime: its native build, or WebAssembly where that does not
 * load (`chooseRuntime` says which and why). Runs use the calling thread.
 *
 * @throws if the device is none, ONNX Runtime refuses the graph, or there is no graphics device where one is
 * asked for.
 */
export async function createSession(
  { bytes, inputs, outputs }: TracedGraph,
  {
    threads,
    outputSets = 0,
    memoryPattern = true,
    optimized = true,
    device = 'cpu',
    build,
  }: SessionOptions = {},
): Promise<Session> {
  if (device !== 'cpu' && device !== 'webgpu') {
    throw new Error(`Expected cpu or webgpu for device but received ${String(device)}.`);
  }
  const used = build ?? (await chooseRuntime()).build;
  if (device === 'webgpu' && used !== 'native') {
    throw new Error(
      'Expected the native build of ONNX Runtime for a graphics device but received WebAssembly.',
    );
  }
  const runtime = await openRuntime(used);
  const session = await runtime.InferenceSession.create(bytes, {
    executionMode: 'sequential',
    graphOptimizationLevel: optimized ? 'all' : 'disabled',
    enableMemPattern: memoryPattern,
    ...(used === 'native' ? nativeOptions(device, threads) : { executionProviders: ['wasm'] }),
  });
  const allocate = () => allocateTensors(runtime, outputs);
  const nextReused = inTurn(Array.from({ length: outputSets }, allocate));
  const run =
    used === 'native'
      ? runNative(session, () => nextReused() ?? allocate())
      : runWebAssembly(session, nextReused);
  return {
    async run(feeds) {
      const results = await run(wrapFeeds(runtime, feeds, inputs));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, tensor.data as TensorData]),
      );
    },
    release: () => session.release(),
  };
}

function nativeOptions(
  device: 'cpu' | 'webgpu',
  threads: number | undefined,
): InferenceSession.SessionOptions {
  const used = operationThreads(threads);
  return {
    executionProviders: [device],
    interOpNumThreads: 1,
    // A session's threads wait for their next operation in a busy loop, and by default go on with that
    // between runs: where sessions take turns, those of one would take the processors from another.
    extra: { session: { force_spinning_stop: '1' } },
    ...(used === undefined ? {} : { intraOpNumThreads: used }),
  };
}

type Tensors = Record<string, Tensor>;
type Run = (feeds: Tensors) => Promise<Tensors>;

/** One value after the other, over and over; `undefined` where there are none. */
function inTurn<T>(values: readonly T[]): () => T | undefined {
  let calls = 0;
  return () => values[calls++ % values.length];
}

/** The native build writes into arrays that it is given. */
function runNative(session: InferenceSession, nextResults: () => Tensors): Run {
  return async (feeds) => {
    const results = nextResults();
    await session.run(feeds, results);
    return results;
  };
}

/** WebAssembly has a memory of its own, from which every result is copied. */
function runWebAssembly(session: InferenceSession, nextReused: () => Tensors | undefined): Run {
  return async (feeds) => {
    const results = await session.run(feeds);
    const reused = nextReused();
    if (!reused) return results;
    for (const [name, { data }] of Object.entries(reused)) {
      (data as Float32Array).set(results[name]!.data as Float32Array);
    }
    return reused;
  };
}

function allocateTensors({ Tensor }: OnnxRuntime, signature: Signature): Tensors {
  return Object.fromEntries(
    Object.entries(signature).map(([name, { shape, dtype = 'float32' }]) => [
      name,
      new Tensor(dtype, new arrayTypes[dtype](countElements(shape)), shape),
    ]),
  );
}

function wrapFeeds(
  { Tensor }: OnnxRuntime,
  feeds: Record<string, TensorData>,
  signature: Signature,
): Tensors {
  const unknown = Object.keys(feeds).find((name) => !Object.hasOwn(signature, name));
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
