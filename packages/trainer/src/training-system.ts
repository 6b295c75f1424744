import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { NamedTensors, WeightDrawing, WeightValues } from '@unblur/core-model';
import type { RgbImage } from '@unblur/metrics';
import type { AdamOptions } from './loop/adam.js';

/** The loss and every term of it by name, each a scalar. */
export type LossTerms = { total: Scalar } & Record<string, Scalar>;

/** Samples of one step, outside TensorFlow.js: values by the names of the objective's `batchShapes`. */
export type Batch = Record<string, Float32Array>;

/** What is minimized. */
export interface Objective {
  /** Shapes of a batch, by the names of its tensors. */
  batchShapes: Record<string, number[]>;
  /**
   * The loss as a function of tensors alone, so that it can be traced: every weight and the batch by their
   * names.
   */
  loss(inputs: NamedTensors): LossTerms;
}

/** Weights that learn at one rate; gradients are clipped by their norm over the group. */
export interface ParameterGroup {
  /** Names of the weights. */
  weights: readonly string[];
  /** @param step of the phase, from 1. */
  learningRate(step: number): number;
}

/**
 * A stretch of training with one objective. It begins with the weights that the phase before it ended with
 * and with fresh moments; weights in none of its groups stay as they are.
 */
export interface Phase {
  /** Weight updates. */
  steps: number;
  batchSize: number;
  objective: Objective;
  groups: readonly ParameterGroup[];
  /** Batches from a sample of the phase on, without end; the same index gives the same samples. */
  batchesFrom(firstSample: number): AsyncIterator<Batch>;
}

/** What something blurred was restored to. */
export interface Restored<Values> {
  /** In time order, `[1, S, S, 3]` each. */
  frames: Values[];
  /**
   * Of networks that tell motion: where the scene lies in each frame relative to the middle one, `[1, h, h, 2]`
   * values (dx, dy) in pixels of the frames, h a part of S.
   */
  motionsPixels?: Values[];
}

/** How validation uses the weights. */
export interface Restoration {
  /** Shape of what is restored, such as `[1, S, S, 3]`. */
  blurredShape: number[];
  /** A function of tensors alone. */
  restore(blurred: Tensor, weights: NamedTensors): Restored<Tensor>;
}

/** Something blurred and what it should become, both of the validation size. */
export interface ValidationSample {
  /** What the restoration is given, of its `blurredShape`. */
  input: Float32Array;
  /** What a restoration has to beat. */
  blurred: RgbImage;
  /** In time order. */
  frames: RgbImage[];
  /** Where known: the optical flow from the middle frame to each, `S * S * 2` values (dx, dy) in pixels. */
  flowsPixels?: readonly Float32Array[];
}

/**
 * Something that can be trained: its weights, what they learn in which order, and how they are scored and
 * stored. The loop (`loop/training-loop.ts`) and the engines know no more of it than this.
 */
export interface TrainingSystem {
  /** Of every weight, by name. */
  weightShapes: Record<string, number[]>;
  /** What a run begins with. @throws if they are read from a file that does not fit. */
  startingWeights(): WeightValues;
  /** How these are drawn, where none of them is read from a file. */
  drawing?: WeightDrawing;
  optimizer: AdamOptions;
  /** In the order in which they are trained. */
  phases: readonly Phase[];
  restoration: Restoration;
  /** Always the same ones. @throws if they cannot be read or do not fit. */
  readValidationSamples(): Promise<readonly ValidationSample[]>;
  /** The weights as the contents of a `.safetensors` file. */
  writeWeights(weights: WeightValues, metadata: Record<string, string>): Uint8Array;
}

/** What an engine computes: the part of a system that one phase needs. */
export interface LearningTask
  extends Pick<TrainingSystem, 'weightShapes' | 'restoration'>, Pick<Phase, 'objective'> {
  /** The names of the weights that learn, group by group. */
  groups: readonly (readonly string[])[];
}

/** What an engine computes in a phase of a system. */
export function learningTask(
  { weightShapes, restoration }: TrainingSystem,
  { objective, groups }: Phase,
): LearningTask {
  return { weightShapes, restoration, objective, groups: groups.map(({ weights }) => weights) };
}

/** Weight updates of a whole run. */
export function totalSteps({ phases }: Pick<TrainingSystem, 'phases'>): number {
  return phases.reduce((sum, { steps }) => sum + steps, 0);
}
