import type { WeightValues } from '@unblur/core-model';
import type { NamedArrays } from './adam.js';

/**
 * Exponential moving average of the weights: steadier than the last weights, so it is what validation and the
 * saved weights use. Starts as a copy; the decay warms up as `min(decay, (1 + step) / (10 + step))`, so that
 * the starting weights are soon forgotten.
 */
export class ExponentialAverage {
  readonly values: NamedArrays;
  readonly #weights: WeightValues;
  readonly #decay: number;

  /** @param decay in [0, 1); 0 follows the weights at once. */
  constructor(weights: WeightValues, decay: number) {
    this.#weights = weights;
    this.#decay = decay;
    this.values = Object.fromEntries(
      Object.entries(weights).map(([name, { values }]) => [name, values.slice()]),
    );
  }

  /** Takes the current weights in. @param step counts from 1. */
  update(step: number): void {
    const decay = Math.min(this.#decay, (1 + step) / (10 + step));
    for (const [name, { values }] of Object.entries(this.#weights)) {
      const average = this.values[name]!;
      for (let index = 0; index < values.length; index++) {
        average[index] = decay * average[index]! + (1 - decay) * values[index]!;
      }
    }
  }
}
