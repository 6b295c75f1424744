import type { WeightValues } from '@unblur/core-model';
import type { Batch, Restored } from '../training-system.js';

/** What one batch says about the weights. */
export interface StepResult {
  /** The loss (`total`) and every term of it, by name. */
  terms: Record<string, number>;
  /** Gradient of `total` with respect to each weight that learns, by name. Valid until the next step. */
  gradients: Record<string, Float32Array>;
}

/**
 * What computes a training step. Engines hold no state of the run: weights, moments and averages belong to
 * the learner, so a run can go on with another engine.
 */
export interface Engine {
  lossAndGradients(weights: WeightValues, batch: Batch): Promise<StepResult>;
  /** @param blurred of the restoration's `blurredShape`. */
  restore(weights: WeightValues, blurred: Float32Array): Promise<Restored<Float32Array>>;
  release(): Promise<void>;
}
