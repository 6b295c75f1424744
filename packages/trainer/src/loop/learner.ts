import type { WeightValues } from '@unblur/core-model';
import { Adam } from './adam.js';
import type { AdamOptions, NamedArrays } from './adam.js';
import type { Engine } from '../engines/engine.js';
import type { Batch, Restored } from '../training-system.js';
import { ExponentialAverage } from './exponential-average.js';
import { averagedWeights, copyInto } from './learned-state.js';
import type { LearnedState, StartingState } from './learned-state.js';

/** What one step of training says. */
export interface UpdateResult {
  /** The loss (`total`) and every term of it, by name. */
  terms: Record<string, number>;
  /** Global norm of the gradients, before clipping. */
  gradientNorm: number;
}

/**
 * Who owns the weights of a run's phase and moves them: in this process, or in processes of its own beside
 * the data of a GPU.
 */
export interface Learner {
  load(state: StartingState): Promise<void>;
  /**
   * One weight update: gradients, clipping, Adam, averages.
   * @param learningRates of the phase's groups.
   * @param step of the phase, from 1.
   * @throws if a loss term or a gradient is not finite, naming it.
   */
  update(batch: Batch, learningRates: readonly number[], step: number): Promise<UpdateResult>;
  /** Restores what has the restoration's `blurredShape` with the averaged weights. */
  restore(blurred: Float32Array): Promise<Restored<Float32Array>>;
  /** The state now, of every weight; valid until the next update. */
  state(): Promise<LearnedState>;
  release(): Promise<void>;
}

export interface EngineLearnerOptions {
  /** The names of the weights that learn, group by group. */
  groups: readonly (readonly string[])[];
  optimizer: AdamOptions;
  emaDecay: number;
}

/**
 * Learns in this process: an engine computes, typed arrays hold the state. Releases the engine with itself.
 */
export function createEngineLearner(
  engine: Engine,
  { groups, optimizer, emaDecay }: EngineLearnerOptions,
): Learner {
  let adams: Adam[];
  let learnedAverage: ExponentialAverage;
  let weights: WeightValues;
  let averages: NamedArrays;
  const moments = (kind: 'firstMoments' | 'secondMoments'): NamedArrays => {
    const learned = Object.assign({}, ...adams.map((adam) => adam[kind])) as NamedArrays;
    return Object.fromEntries(
      Object.entries(weights).map(([name, { values }]) => [
        name,
        learned[name] ?? new Float32Array(values.length),
      ]),
    );
  };
  return {
    load: async (state) => {
      weights = state.weights;
      adams = groups.map((names) => new Adam(pick(weights, names), optimizer));
      for (const adam of adams) {
        if (state.firstMoments) copyInto(adam.firstMoments, state.firstMoments);
        if (state.secondMoments) copyInto(adam.secondMoments, state.secondMoments);
      }
      learnedAverage = new ExponentialAverage(pick(weights, groups.flat()), emaDecay);
      averages = Object.fromEntries(
        Object.entries(weights).map(([name, { values }]) => [
          name,
          learnedAverage.values[name] ?? values.slice(),
        ]),
      );
      if (state.averages) copyInto(averages, state.averages);
    },
    update: async (batch, learningRates, step) => {
      const { terms, gradients } = await engine.lossAndGradients(weights, batch);
      expectFinite(terms, step);
      const norms = adams.map((adam, index) =>
        adam.update(pick(gradients, groups[index]!), learningRates[index]!, step),
      );
      learnedAverage.update(step);
      return { terms, gradientNorm: Math.hypot(...norms) };
    },
    restore: (blurred) => engine.restore(averagedWeights({ weights, averages }), blurred),
    state: async () => ({
      weights,
      firstMoments: moments('firstMoments'),
      secondMoments: moments('secondMoments'),
      averages,
    }),
    release: () => engine.release(),
  };
}

/** @throws naming the first term that is not finite. */
export function expectFinite(terms: Record<string, number>, step: number): void {
  for (const [name, value] of Object.entries(terms)) {
    if (!Number.isFinite(value)) {
      throw new Error(
        `Expected a finite loss but its term '${name}' is ${value} at step ${step}; lower the learning rate or its weight, and resume from the last checkpoint.`,
      );
    }
  }
}

function pick<T>(all: Record<string, T>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, all[name]!]));
}
