import type { WeightValues } from '@unblur/core-model';

/**
 * Starting weights with something in every one, so that every gradient is at work. Changes them in place.
 * @param shift added to all.
 */
export function nonzeroWeights(weights: WeightValues, shift = 0): WeightValues {
  // Reached once: `Math` is slow to reach from a test, and networks have millions of weights.
  const { sin } = Math;
  for (const { values } of Object.values(weights)) {
    for (let index = 0; index < values.length; index++) {
      values[index]! += shift + 0.02 * sin(3 * index + values.length);
    }
  }
  return weights;
}
