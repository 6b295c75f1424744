import type { OnnxRuntimeBuild } from '@unblur/onnxruntime';

/** Numbers of a tensor as they go into and come out of a session; `bool` is one byte each. */
export type TensorData = Float32Array | Int32Array | Uint8Array;

export interface SessionOptions {
  /**
   * Threads that work on one operation, of which no more are started than there are processors, in a container
   * than its share of them; one for every core if not said. WebAssembly always takes all processors.
   */
  threads?: number;
  /**
   * 0 (default): every run returns arrays of its own. A number n: n sets of output arrays are allocated once
   * and used in turn, so an array is overwritten n runs later. With 2, the outputs of one run can be fed to
   * the next while it writes the other set.
   */
  outputSets?: number;
  /**
   * Whether ONNX Runtime lays all that a run needs out in one block after the first run (default). Without,
   * the peak is lower: a network that restores 512x512 took 544 MiB in place of 709, in the same time.
   */
  memoryPattern?: boolean;
  /**
   * Whether ONNX Runtime rewrites the graph first, to run it faster (default). Without, a session opens in a
   * third of the time: for a graph that runs once or twice.
   */
  optimized?: boolean;
  /**
   * What computes: the processor (default), or a graphics device through WebGPU, which the native builds for
   * Linux x64, Windows and macOS can (`graphicsFailure`). Layers in 8-bit integers belong on the processor.
   */
  device?: 'cpu' | 'webgpu';
  /**
   * The build of ONNX Runtime to run on; by default the native one, or WebAssembly where that does not load.
   */
  build?: OnnxRuntimeBuild;
}

/** A traced graph, ready to run. */
export interface Session {
  /**
   * @param feeds every input by name, flat and row-major.
   * @returns every output by name, flat and row-major.
   * @throws if an input is missing, unknown, or of another length or type than its signature says.
   */
  run(feeds: Record<string, TensorData>): Promise<Record<string, TensorData>>;
  /** Frees the session's memory. */
  release(): Promise<void>;
}
