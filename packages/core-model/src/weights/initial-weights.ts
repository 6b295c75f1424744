import { tensor, util } from '@tensorflow/tfjs-core';
import type { NamedTensors, WeightDeclaration } from '../parts/layers.js';

/** Half a GiB: far more than is trained here, and what a slip in a run file soon asks for. */
const maxParameters = 2 ** 27;

/** Weights outside TensorFlow.js, by name. */
export type WeightValues = Record<string, { shape: number[]; values: Float32Array }>;

/** Weights as tensors on the backend that is active; where a graph is traced they are its constants. */
export function weightTensors(weights: WeightValues): NamedTensors {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { values, shape }]) => [name, tensor(values, shape)]),
  );
}

/** How starting weights are drawn: what else draws so has the same. */
export interface WeightDrawing {
  seed: number;
  /**
   * In the order in which they are drawn, each in its own row-major order: normal numbers of this deviation;
   * zeros, which draw none, where it is 0.
   */
  weights: Record<string, { shape: number[]; deviation: number }>;
}

/**
 * Seeded starting weights: normal with variance 2 / fan-in (He et al. 2015), zero for biases and for heads
 * that start by predicting nothing.
 *
 * @throws for more parameters than 2^27.
 */
export function weightDrawing(declarations: Record<string, WeightDeclaration>, seed: number): WeightDrawing {
  const parameters = Object.values(declarations).reduce(
    (sum, { shape }) => sum + util.sizeFromShape(shape),
    0,
  );
  if (parameters > maxParameters) {
    throw new Error(
      `Expected a network of at most ${maxParameters} parameters but this config has ${parameters}; give it fewer channels or layers.`,
    );
  }
  const weights = Object.entries(declarations).map(([name, { shape, initialization, fanIn }]) => [
    name,
    { shape, deviation: initialization === 'he' ? Math.sqrt(2 / fanIn) : 0 },
  ]);
  return { seed, weights: Object.fromEntries(weights) };
}

/**
 * The same seed gives the same bytes on any machine, here and in
 * `trainer/python/unblur_torch/initial_weights.py`.
 */
export function drawWeights({ seed, weights }: WeightDrawing): WeightValues {
  const normal = normalNumbers(seed);
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape, deviation }]) => {
      const values = new Float32Array(util.sizeFromShape(shape));
      if (deviation !== 0) {
        for (let index = 0; index < values.length; index++) values[index] = normal() * deviation;
      }
      return [name, { shape, values }];
    }),
  );
}

/**
 * Sum of twelve uniforms, less six: normal enough for a start, and free of functions whose last bit differs
 * between machines.
 */
function normalNumbers(seed: number): () => number {
  // A name of its own: where globals are looked up slowly, as in Jest, millions of draws would take minutes.
  const { imul } = Math;
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const uniform = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => {
    let sum = -6;
    for (let draw = 0; draw < 12; draw++) sum += uniform();
    return sum;
  };
}
