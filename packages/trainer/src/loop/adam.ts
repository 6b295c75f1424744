import type { WeightValues } from '@unblur/core-model';

export interface AdamOptions {
  /** Decay of the running mean of the gradient. */
  beta1: number;
  /** Decay of the running mean of its square. */
  beta2: number;
  /** Added to the root of the second moment that a step is divided by. */
  epsilon: number;
  /**
   * Share of each weight taken off per unit of learning rate, apart from the gradient (Loshchilov and Hutter
   * 2019); 0: none.
   */
  weightDecay: number;
  /**
   * The gradients of a group of weights are scaled down to this norm where theirs is larger; `null`: never.
   */
  clipNorm: number | null;
}

export type NamedArrays = Record<string, Float32Array>;

/** Adam (Kingma and Ba 2015) with bias correction, on typed arrays, in place. */
export class Adam {
  /** Running means of the gradients and of their squares, by weight. */
  readonly firstMoments: NamedArrays;
  readonly secondMoments: NamedArrays;
  readonly #weights: WeightValues;
  readonly #options: AdamOptions;

  /** @param weights updated in place by every step. */
  constructor(weights: WeightValues, options: AdamOptions) {
    this.#weights = weights;
    this.#options = options;
    const zeros = () =>
      Object.fromEntries(
        Object.entries(weights).map(([name, { values }]) => [name, new Float32Array(values.length)]),
      );
    this.firstMoments = zeros();
    this.secondMoments = zeros();
  }

  /**
   * Moves the weights one step against their gradients.
   *
   * @param step counts from 1; the bias correction depends on it.
   * @returns the global norm of the gradients before clipping.
   * @throws if a gradient is not finite, naming it, before any weight has changed.
   */
  update(gradients: NamedArrays, learningRate: number, step: number): number {
    const { beta1, beta2, epsilon, weightDecay, clipNorm } = this.#options;
    const norm = globalNorm(gradients);
    const scale = clipNorm !== null && norm > clipNorm ? clipNorm / norm : 1;
    const correction1 = 1 / (1 - beta1 ** step);
    const correction2 = 1 / (1 - beta2 ** step);
    const keptShare = 1 - learningRate * weightDecay;
    const { sqrt } = Math;
    for (const [name, { values }] of Object.entries(this.#weights)) {
      const gradient = gradients[name]!;
      const first = this.firstMoments[name]!;
      const second = this.secondMoments[name]!;
      for (let index = 0; index < values.length; index++) {
        const g = gradient[index]! * scale;
        const m = beta1 * first[index]! + (1 - beta1) * g;
        const v = beta2 * second[index]! + (1 - beta2) * g * g;
        first[index] = m;
        second[index] = v;
        values[index] =
          values[index]! * keptShare - (learningRate * m * correction1) / (sqrt(v * correction2) + epsilon);
      }
    }
    return norm;
  }
}

/**
 * Euclidean norm of all gradients together.
 * @throws if one is not finite, naming it.
 */
export function globalNorm(gradients: NamedArrays): number {
  let sum = 0;
  for (const [name, gradient] of Object.entries(gradients)) {
    let ownSum = 0;
    for (let index = 0; index < gradient.length; index++) ownSum += gradient[index]! * gradient[index]!;
    if (!Number.isFinite(ownSum)) throw new Error(`Expected finite gradients but that of '${name}' is not.`);
    sum += ownSum;
  }
  return Math.sqrt(sum);
}
