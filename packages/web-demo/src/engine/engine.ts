import { trace, type TracedGraph } from '@unblur/onnx';
import { conv2d, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Env, InferenceSession, Tensor } from 'onnxruntime-common';
import { download, type DownloadProgress } from '../download/download.js';
import type { EngineName } from './engine-names.js';
import { chooseBuild, runtimeBuilds, type Ort } from './runtime-builds.js';

/** A traced graph, ready to run. */
export interface GraphSession {
  /**
   * @param feeds flat values, or tensors that an earlier run gave.
   * @returns tensors; of a graphics device they stay there until their values are asked for.
   */
  run(feeds: Record<string, Float32Array | Tensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export interface Engine {
  readonly name: EngineName;
  /** For people: `WebAssembly, 2 threads`. */
  readonly description: string;
  /** Measured on a few layers like those of the networks: thousand millions a second. */
  readonly gigaMultiplyAddsPerSecond: number;
  /** Rejects with an EngineLostError when the graphics device goes away; otherwise waits for ever. */
  readonly lost: Promise<never>;
  open(graph: TracedGraph): Promise<GraphSession>;
}

/** The engine went away while it worked; another one may still do the work. */
export class EngineLostError extends Error {
  override readonly name = 'EngineLostError';
}

/**
 * All processors where there are few; of more, which are often two to a core or small ones beside large ones,
 * half, at most 8.
 */
export function threadsFor(processors: number): number {
  return Math.min(8, Math.max(Math.min(4, processors), Math.floor(processors / 2)));
}

/**
 * Loads ONNX Runtime Web and takes the engine that is faster here: a graphics device, if there is one, and
 * the processor compute the same few layers, for a fraction of a second. What the device is called says
 * nothing: a program on the processor may stand in for it.
 *
 * @param allowed the engines that come into question.
 * @throws in one line for people when none works.
 */
export async function startEngine(
  allowed: readonly EngineName[],
  onProgress: (progress: DownloadProgress) => void,
): Promise<Engine> {
  const name = await chooseBuild(allowed.includes('webgpu'));
  const build = runtimeBuilds[name];
  const [ort, binary] = await Promise.all([
    build.load(),
    download(new URL(build.wasmUrl, self.location.href).href, build.wasmBytes, onProgress),
  ]);
  const threads = self.crossOriginIsolated ? threadsFor(navigator.hardwareConcurrency) : 1;
  Object.assign(ort.env.wasm, {
    numThreads: threads,
    wasmBinary: binary.buffer,
    wasmPaths: { mjs: new URL(build.moduleUrl, self.location.href).href },
  } satisfies Partial<Env.WebAssemblyFlags>);
  ort.env.logLevel = 'error';
  const candidates = allowed.filter((engine) => engine === 'wasm' || name !== 'processor');
  const measured: MeasuredEngine[] = [];
  const failures: string[] = [];
  for (const candidate of candidates) {
    try {
      measured.push(await measure(ort, candidate, threads));
    } catch (cause) {
      failures.push((cause as Error).message);
    }
  }
  const [fastest, ...others] = measured.sort(
    (one, other) => other.engine.gigaMultiplyAddsPerSecond - one.engine.gigaMultiplyAddsPerSecond,
  );
  for (const { probe: session } of others) await session.release();
  if (fastest) return fastest.engine;
  throw new Error(
    `This browser offers nothing to compute on (${failures.join('; ') || 'no graphics device'}). Try a current Chrome, Edge, Firefox or Safari.`,
  );
}

interface MeasuredEngine {
  engine: Engine;
  /**
   * What was measured. It stays open with the engine: ONNX Runtime destroys the graphics device together with
   * the last session on it.
   */
  probe: GraphSession;
}

/** The layers that are measured: their size, and how many. */
const probeLayers = { side: 96, channels: 64, layers: 3 };

async function measure(ort: Ort, name: EngineName, threads: number): Promise<MeasuredEngine> {
  let reject: (cause: Error) => void;
  const lost = new Promise<never>((_, rejectLost) => (reject = rejectLost));
  lost.catch(() => undefined);
  const engine = {
    name,
    description:
      name === 'webgpu' ? 'WebGPU' : `WebAssembly, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    lost,
    open: (graph: TracedGraph) => openSession(ort, name, graph),
  };
  const session = await engine.open(probeGraph());
  if (name === 'webgpu') {
    const device = (await ort.env.webgpu.device) as { lost: Promise<{ message: string }> };
    void device.lost.then(({ message }) =>
      reject(new EngineLostError(message || 'The graphics device was lost.')),
    );
  }
  const input = new Float32Array(probeLayers.side ** 2 * probeLayers.channels).fill(0.5);
  let seconds = Infinity;
  // The first run compiles.
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    await (await session.run({ input }))['output']!.getData();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  const { side, channels, layers } = probeLayers;
  const multiplyAdds = layers * side ** 2 * 9 * channels ** 2;
  return {
    engine: { ...engine, gigaMultiplyAddsPerSecond: multiplyAdds / 1e9 / seconds },
    probe: session,
  };
}

function probeGraph(): TracedGraph {
  const { side, channels, layers } = probeLayers;
  return trace(
    ({ input }) => {
      let output = input as Tensor4D;
      for (let layer = 0; layer < layers; layer++) {
        const kernel = new Float32Array(9 * channels ** 2).fill((layer + 1) / (9 * channels));
        output = conv2d(output, tensor4d(kernel, [3, 3, channels, channels]), 1, 'same');
      }
      return { output };
    },
    { input: { shape: [1, side, side, channels] } },
  );
}

async function openSession(
  ort: Ort,
  engine: EngineName,
  { bytes, inputs }: TracedGraph,
): Promise<GraphSession> {
  const session: InferenceSession = await ort.InferenceSession.create(bytes, {
    executionProviders: [engine],
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    ...(engine === 'webgpu' && { preferredOutputLocation: 'gpu-buffer' }),
  });
  return {
    run(feeds) {
      const tensors = Object.entries(feeds).map(([name, feed]) => [
        name,
        feed instanceof Float32Array ? new ort.Tensor('float32', feed, inputs[name]!.shape) : feed,
      ]);
      return session.run(Object.fromEntries(tensors) as Record<string, Tensor>) as Promise<
        Record<string, Tensor>
      >;
    },
    release: () => session.release(),
  };
}
