import { engine, tensor } from '@tensorflow/tfjs';
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import { createSession } from './node.js';
import type { TensorData } from './session.js';
import { trace } from './trace.js';

/** What a test feeds: a tensor's shape, and where its numbers come from. */
export interface TestTensor {
  shape: number[];
  dtype?: 'float32' | 'int32' | 'bool';
  /** Numbers as given, or seeded and uniform in a range (-1 to 1 if not said; integers for int32). */
  values?: number[];
  range?: [number, number];
}

/** The tensor that a description stands for; the same seed gives the same numbers. */
export function makeTensor(
  { shape, dtype = 'float32', values, range = [-1, 1] }: TestTensor,
  seed: number,
): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const random = mulberry32(seed);
  const [low, high] = dtype === 'bool' ? [0, 2] : range;
  const drawn = Array.from({ length: size }, () => low + (high - low) * random());
  return tensor(values ?? (dtype === 'float32' ? drawn : drawn.map(Math.floor)), shape, dtype);
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Runs a kernel of the active backend by name, and gives its outputs numbered. Inputs named 0, 1, ... go in
 * as a list.
 */
export function runKernel(
  kernelName: string,
  inputs: Record<string, Tensor>,
  attrs: Record<string, unknown>,
): Record<string, Tensor> {
  const given = inputs[0] ? Object.values(inputs) : inputs;
  const outputs = engine().runKernel(kernelName, given as unknown as NamedTensorMap, attrs as never) as
    Tensor | Tensor[];
  return Object.fromEntries(
    (Array.isArray(outputs) ? outputs : [outputs]).map((output, index) => [`output${index}`, output]),
  );
}

/** Traces a function for inputs of these shapes, and runs the graph on them. */
export async function runTraced(
  fn: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
  inputs: Record<string, Tensor>,
): Promise<Record<string, TensorData>> {
  const signature = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype: dtype as 'float32' }]),
  );
  const session = await createSession(trace(fn, signature), { threads: 1 });
  try {
    return await session.run(
      Object.fromEntries(
        Object.entries(inputs).map(([name, input]) => [name, input.dataSync() as TensorData]),
      ),
    );
  } finally {
    await session.release();
  }
}

/** The largest difference, relative to the largest number expected. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let [difference, scale] = [0, 0];
  for (let index = 0; index < expected.length; index++) {
    difference = Math.max(difference, Math.abs(actual[index]! - expected[index]!));
    scale = Math.max(scale, Math.abs(expected[index]!));
    if (Number.isNaN(actual[index]!)) return Infinity;
  }
  return scale === 0 ? difference : difference / scale;
}
