import type { WeightValues } from '@unblur/core-model';

/** Samples of one step, outside TensorFlow.js. */
export interface Batch {
  /** `[B, S, S, 3]` in [0, 1]. */
  blurred: Float32Array;
  /** `[B, N, S, S, 3]`, ground-truth frames in time order. */
  frames: Float32Array;
  /** `[B, S, S, 2]`, displacement of the scene from the middle to the last frame. Needed by the losses that say so. */
  motionPixels?: Float32Array;
  /** `[B]`: 1 where the motion is known, else 0. Default: known wherever there is `motionPixels`. */
  motionKnown?: Float32Array;
}

/** What one batch says about the weights. */
export interface StepResult {
  /** The loss (`total`) and every term of it, by name. */
  terms: Record<string, number>;
  /** Gradient of `total` with respect to each weight, by name. Valid until the next step. */
  gradients: Record<string, Float32Array>;
}

/**
 * What computes a training step. Engines hold no state of the run: weights, moments and averages belong to the loop, so
 * a run can go on with another engine.
 */
export interface Engine {
  lossAndGradients(weights: WeightValues, batch: Batch): Promise<StepResult>;
  /**
   * Restores one blurred image of the validation size.
   * @param blurred `[S, S, 3]`.
   * @returns the frames in time order, each `[S, S, 3]`.
   */
  restore(weights: WeightValues, blurred: Float32Array): Promise<Float32Array[]>;
  release(): Promise<void>;
}

/** The static shapes an engine is built for. */
export interface EngineShapes {
  batchSize: number;
  /** Side of the training crops. */
  sizePixels: number;
  /** Side of the validation images. */
  validationSizePixels: number;
}
