import type { WeightValues } from '@unblur/core-model';
import { Adam } from './adam.js';
import type { AdamOptions, NamedArrays } from './adam.js';
import { copyInto } from './checkpoint.js';
import type { Batch, Engine } from './engine.js';
import { ExponentialAverage } from './exponential-average.js';

/** All that a run keeps per weight. */
export interface LearnedState {
  weights: WeightValues;
  firstMoments: NamedArrays;
  secondMoments: NamedArrays;
  averages: NamedArrays;
}

/** What one step of training says. */
export interface UpdateResult {
  /** The loss (`total`) and every term of it, by name. */
  terms: Record<string, number>;
  /** Global norm of the gradients, before clipping. */
  gradientNorm: number;
}

/**
 * Who owns the weights of a run and moves them: in this process, or in processes of its own beside the data of a GPU.
 * `B`: what it learns from in a step.
 */
export interface Learner<B = Batch> {
  /** Begins with a state, or anew from weights. */
  load(state: LearnedState | Pick<LearnedState, 'weights'>): Promise<void>;
  /**
   * One weight update: gradients, clipping, Adam, averages.
   * @param step counts from 1.
   * @throws if a loss term or a gradient is not finite, naming it.
   */
  update(batch: B, learningRate: number, step: number): Promise<UpdateResult>;
  /** Restores `[S, S, 3]` of the validation size with the averaged weights: frames in time order, each `[S, S, 3]`. */
  restore(blurred: Float32Array): Promise<Float32Array[]>;
  /** The state now; valid until the next update. */
  state(): Promise<LearnedState>;
  release(): Promise<void>;
}

/** Learns in this process: an engine computes, typed arrays hold the state. Releases the engine with itself. */
export function createEngineLearner(engine: Engine, optimizer: AdamOptions, emaDecay: number): Learner {
  let adam: Adam;
  let average: ExponentialAverage;
  let weights: WeightValues;
  return {
    load: async (state) => {
      weights = state.weights;
      adam = new Adam(weights, optimizer);
      average = new ExponentialAverage(weights, emaDecay);
      if (!('averages' in state)) return;
      copyInto(adam.firstMoments, state.firstMoments);
      copyInto(adam.secondMoments, state.secondMoments);
      copyInto(average.values, state.averages);
    },
    update: async (batch, learningRate, step) => {
      const { terms, gradients } = await engine.lossAndGradients(weights, batch);
      expectFinite(terms, step);
      const gradientNorm = adam.update(gradients, learningRate, step);
      average.update(step);
      return { terms, gradientNorm };
    },
    restore: (blurred) => engine.restore(average.weights(), blurred),
    state: async () => ({ weights, firstMoments: adam.firstMoments, secondMoments: adam.secondMoments, averages: average.values }),
    release: () => engine.release(),
  };
}

/** @throws naming the first term that is not finite. */
export function expectFinite(terms: Record<string, number>, step: number): void {
  for (const [name, value] of Object.entries(terms)) {
    if (!Number.isFinite(value)) throw new Error(`Expected a finite loss but its term '${name}' is ${value} at step ${step}; lower the learning rate or its weight, and resume from the last checkpoint.`);
  }
}
