import type { SafetensorsTensor, WeightValues } from '@unblur/core-model';
import { excerptOf } from '@unblur/files/parsed-value';
import type { NamedArrays } from './adam.js';

/** All that a run keeps per weight. */
export interface LearnedState {
  weights: WeightValues;
  firstMoments: NamedArrays;
  secondMoments: NamedArrays;
  averages: NamedArrays;
}

/** What a learner begins with: without moments those are zero, without averages those are the weights. */
export type StartingState = Pick<LearnedState, 'weights'> & Partial<LearnedState>;

type Tensors = Record<string, SafetensorsTensor>;
type NamedValues = [name: string, values: Float32Array];

/** What is kept per weight, beside the weight itself. */
const trackedGroups = ['firstMoments', 'secondMoments', 'averages'] as const;
const isTrackedGroup = (group: string): group is (typeof trackedGroups)[number] =>
  (trackedGroups as readonly string[]).includes(group);

/**
 * A state as tensors by name, `weights/<weight>`, `firstMoments/<weight>` and so on: in checkpoints, and on
 * the way to PyTorch.
 */
export function tensorsOfState(state: StartingState): Tensors {
  const tensors: Tensors = {};
  for (const [name, { shape, values }] of Object.entries(state.weights)) {
    tensors[`weights/${name}`] = { dtype: 'F32', shape, values };
  }
  for (const group of trackedGroups) {
    for (const [name, values] of Object.entries(state[group] ?? {})) {
      tensors[`${group}/${name}`] = { dtype: 'F32', shape: state.weights[name]!.shape, values };
    }
  }
  return tensors;
}

/** The reverse. @throws at the first tensor that is no part of a state, naming it. */
export function stateOfTensors(tensors: Tensors): LearnedState {
  // By lists: a file may name a tensor as objects name what they inherit.
  const weightList: [string, LearnedState['weights'][string]][] = [];
  const tracked = {
    firstMoments: [] as NamedValues[],
    secondMoments: [] as NamedValues[],
    averages: [] as NamedValues[],
  };
  for (const [path, { dtype, shape, values }] of Object.entries(tensors)) {
    const [group, name] = [path.slice(0, path.indexOf('/')), path.slice(path.indexOf('/') + 1)];
    if (dtype !== 'F32' || !(values instanceof Float32Array)) {
      throw new Error(`Expected tensors of type F32 but '${excerptOf(path)}' is ${dtype}.`);
    }
    if (group === 'weights') {
      weightList.push([name, { shape, values }]);
    } else if (isTrackedGroup(group)) {
      tracked[group].push([name, values]);
    } else {
      throw new Error(
        `Expected tensors of weights/, ${trackedGroups.join('/, ')}/ but received '${excerptOf(path)}'.`,
      );
    }
  }
  const weights = Object.fromEntries(weightList);
  for (const group of trackedGroups) {
    const stray = tracked[group].find(
      ([name, values]) => !Object.hasOwn(weights, name) || weights[name]!.values.length !== values.length,
    );
    if (stray) {
      throw new Error(`Expected '${group}/${excerptOf(stray[0])}' to belong to a weight and have its size.`);
    }
  }
  return {
    weights,
    firstMoments: Object.fromEntries(tracked.firstMoments),
    secondMoments: Object.fromEntries(tracked.secondMoments),
    averages: Object.fromEntries(tracked.averages),
  };
}

/** The averages with their shapes; views, not copies. */
export function averagedWeights({
  weights,
  averages,
}: Pick<LearnedState, 'weights' | 'averages'>): WeightValues {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape }]) => [name, { shape, values: averages[name]! }]),
  );
}

/**
 * The first weight that a file and a network do not both have, or not in the same shape, by its name and both
 * shapes; `undefined` if there is none.
 */
export function differingWeight(
  inFile: Record<string, { shape: readonly number[] }>,
  inNetwork: Record<string, readonly number[]>,
): { name: string; there: string; here: string } | undefined {
  // A file may name a weight as objects name what they inherit.
  const own = <T>(all: Record<string, T>, name: string) => (Object.hasOwn(all, name) ? all[name] : undefined);
  const shown = (shape: readonly number[] | undefined) => (shape ? `[${shape}]` : 'no such weight');
  return [...new Set([...Object.keys(inNetwork), ...Object.keys(inFile)])]
    .map((name) => ({
      name,
      there: shown(own(inFile, name)?.shape),
      here: shown(own(inNetwork, name)),
    }))
    .find(({ there, here }) => there !== here);
}

/** Copies a checkpoint's values into arrays in use. @throws if it was made by another network. */
export function copyInto(target: NamedArrays, source: NamedArrays): void {
  for (const [name, values] of Object.entries(target)) {
    if (source[name]?.length !== values.length) {
      throw new Error(
        `Expected a checkpoint of the same network but '${name}' has ${source[name]?.length ?? 0} values, not ${values.length}.`,
      );
    }
    values.set(source[name]);
  }
}
