import { expectOwnAddress } from './own-address.js';

/** The front page of a model card; the whole card is `files/<name>.md`. */
export interface BundledWeights {
  /**
   * Where the `.safetensors` file is: a `file:` URL in Node, whatever the bundler makes of it in a browser.
   * Reading it throws in a bundle of the format cjs, which says what to do.
   */
  readonly url: URL;
  /** What the photographs were blurred by in training: what these weights undo best. */
  blur: string;
  trainingData: string;
  licence: string;
}

/** Every weights file of this package, by name. */
export const bundledWeights = {
  photo: {
    get url(): URL {
      expectOwnAddress('files/photo.safetensors', import.meta.url);
      // Word for word what bundlers look for.
      return new URL('../files/photo.safetensors', import.meta.url);
    },
    blur: 'a camera that turns, shifts or shakes, and things that move',
    trainingData: 'exposures synthesized from panoramas, photographs and video clips',
    licence: 'research use: part of the training pictures is under restrictive or unstated terms',
  },
} as const satisfies Record<string, BundledWeights>;

export type BundledWeightsName = keyof typeof bundledWeights;

/** The weights that are used where none are named. */
export const defaultWeightsName: BundledWeightsName = 'photo';

/** The names of all bundled weights. */
export const bundledWeightsNames = Object.keys(bundledWeights) as BundledWeightsName[];

/**
 * The facts about the bundled weights of that name and where their file is.
 *
 * @throws Error when there are none of that name; the message lists the names there are
 */
export function findBundledWeights(name: string): BundledWeights {
  if (!Object.hasOwn(bundledWeights, name)) {
    throw new Error(
      `Expected the name of bundled weights (${bundledWeightsNames.join(', ')}) but received '${name}'; those for video are in @unblur/weights/video.`,
    );
  }
  return bundledWeights[name as BundledWeightsName];
}
