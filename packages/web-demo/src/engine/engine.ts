import { trace, type TracedGraph } from '@unblur/onnx';
import type { RgbImage } from '@unblur/restoration';
import { conv2d, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Env, InferenceSession, Tensor } from 'onnxruntime-common';
import { download, type DownloadProgress, type DownloadReport } from '../download/download.js';
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
 * Loads ONNX Runtime Web and computes a little with it.
 *
 * @throws in one line for people when it does not work here.
 */
export async function startEngine(
  name: EngineName,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Engine> {
  const buildName = await chooseBuild(name);
  const build = runtimeBuilds[buildName];
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
  try {
    if (name === 'webgpu' && buildName === 'processor') throw new Error('no graphics device');
    return await begin(ort, name, threads);
  } catch (cause) {
    throw new Error(
      `This browser offers nothing to compute on (${(cause as Error).message}). Try a current Chrome, Edge, Firefox or Safari.`,
      { cause },
    );
  }
}

/** Starts an engine while the weights that it is to run come. @throws as `startEngine` and `download` do. */
export async function startWithWeights(
  name: EngineName,
  { weightsUrl, weightsBytes }: { weightsUrl: string; weightsBytes: number },
  report: (report: DownloadReport) => void,
): Promise<{ engine: Engine; weights: Uint8Array }> {
  // What is stored already tells nothing of itself.
  const parts: Record<string, DownloadProgress> = {};
  const reportOf = (part: string) => (progress: DownloadProgress) => {
    parts[part] = progress;
    const sum = (key: keyof DownloadProgress) =>
      Object.values(parts).reduce((bytes, { [key]: ofPart }) => bytes + ofPart, 0);
    report({ kind: 'download', receivedBytes: sum('receivedBytes'), totalBytes: sum('totalBytes') });
  };
  const [engine, weights] = await Promise.all([
    startEngine(name, reportOf('engine')),
    download(weightsUrl, weightsBytes, reportOf('weights')),
  ]);
  return { engine, weights };
}

async function begin(ort: Ort, name: EngineName, threads: number): Promise<Engine> {
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
  const [side] = probeLayers.sides;
  // Stays open: ONNX Runtime destroys the graphics device together with the last session on it.
  await secondsOfRun(await engine.open(probeGraph(side)), side);
  if (name === 'webgpu') {
    const device = (await ort.env.webgpu.device) as { lost: Promise<{ message: string }> };
    void device.lost.then(({ message }) =>
      reject(new EngineLostError(message || 'The graphics device was lost.')),
    );
  }
  return engine;
}

/** Layers like those of the networks: how many, and their size; the larger one where the other takes no time. */
const probeLayers = { count: 3, channels: 64, sides: [24, 96] } as const;
const noTimeSeconds = 0.3;
/** The first one compiles. */
const measuredRuns = 3;

/** What an engine computes, measured for a fraction of a second: thousand millions of multiply-adds a second. */
export async function measureRate(engine: Engine): Promise<number> {
  let gigaMultiplyAddsPerSecond = Infinity;
  for (const side of probeLayers.sides) {
    const gigaMultiplyAdds = (probeLayers.count * side ** 2 * 9 * probeLayers.channels ** 2) / 1e9;
    if (gigaMultiplyAdds / gigaMultiplyAddsPerSecond > noTimeSeconds) break;
    const session = await engine.open(probeGraph(side));
    let seconds = Infinity;
    for (let run = 0; run < measuredRuns; run++) {
      seconds = Math.min(seconds, await secondsOfRun(session, side));
    }
    gigaMultiplyAddsPerSecond = gigaMultiplyAdds / seconds;
    await session.release();
  }
  return gigaMultiplyAddsPerSecond;
}

async function secondsOfRun(session: GraphSession, side: number): Promise<number> {
  const input = new Float32Array(side ** 2 * probeLayers.channels).fill(0.5);
  const start = performance.now();
  await (await session.run({ input }))['output']!.getData();
  return (performance.now() - start) / 1000;
}

function probeGraph(side: number): TracedGraph {
  const { count, channels } = probeLayers;
  return trace(
    ({ input }) => {
      let output = input as Tensor4D;
      for (let layer = 0; layer < count; layer++) {
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

/** What a camera that moves sideways makes of a wall of coloured dots; always the same. */
export function streaksOfNoise({ width, height }: { width: number; height: number }): RgbImage {
  const data = new Float32Array(width * height * 3);
  const streakPixels = 9;
  let state = 1;
  for (let row = 0; row < height; row++) {
    const dots = Array.from({ length: 3 * (width + streakPixels) }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    });
    for (let index = 0; index < 3 * width; index++) {
      for (let step = 0; step < streakPixels; step++) {
        data[row * 3 * width + index]! += dots[index + 3 * step]! / streakPixels;
      }
    }
  }
  return { width, height, data };
}
