import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from './parts/layers.js';
import type { WeightValues } from './weights/initial-weights.js';

/** Weights as tensors. */
export function tensorsOf(values: WeightValues): NamedTensors {
  return Object.fromEntries(
    Object.entries(values).map(([name, { values: numbers, shape }]) => [name, tf.tensor(numbers, shape)]),
  );
}

/** Starting weights with no zeros, so that nothing hides behind a head that starts at zero. */
export function shaken(values: WeightValues, standardDeviation = 0.05): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensorsOf(values)).map(([name, weight], index) => [
      name,
      tf.add(weight, tf.randomNormal(weight.shape, 0, standardDeviation, 'float32', index + 1)),
    ]),
  );
}

/** Values in [0, 1]. */
export function randomImage(
  [height, width]: [number, number],
  { seed = 5, batch = 1 }: { seed?: number; batch?: number } = {},
): tf.Tensor4D {
  return tf.randomUniform<tf.Rank.R4>([batch, height, width, 3], 0, 1, 'float32', seed);
}

/** The largest absolute difference; infinite where the shapes differ or a value is not a number. */
export function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  if (a.shape.join() !== b.shape.join()) return Infinity;
  const largest = largestValue(tf.sub(a, b));
  return Number.isNaN(largest) ? Infinity : largest;
}

/** The largest absolute value. */
export function largestValue(x: tf.Tensor): number {
  return tf.max(tf.abs(x)).dataSync()[0]!;
}
