import type { FileCache } from './pictures/file-cache.node.js';
import type { Sample } from './sample.js';

/** Makes samples one by one: sample i is a function of the recipe and i alone. */
export interface Synthesizer {
  synthesize(sampleIndex: number): Promise<Sample>;
  /** Where files are held open. */
  close?(): Promise<void>;
}

/**
 * A kind of source: all that streams and sets have to know of it. A recipe is plain data, because it is sent
 * to workers and stored beside what was made.
 */
export interface SourceKind<Options, Recipe> {
  /**
   * Finds the files in a folder, fills in the defaults and checks.
   * @throws RangeError for wrong options, Error for a folder without what the source needs.
   */
  recipeOf(folder: string, seed: number, given: Options): Recipe | Promise<Recipe>;
  /** The same for a set to evaluate on, where that differs. */
  evaluationRecipeOf?(folder: string, seed: number, given: Options): Recipe;
  /** The recipe's paths without their folders, so that descriptions do not depend on where files lie. */
  fileNames(recipe: Recipe): Partial<Recipe>;
  open(recipe: Recipe, cache: FileCache): Synthesizer;
  /** Whether the motion of its samples is known; of stored ones, a folder may hold it or not. */
  knowsMotion: boolean | ((folder: string) => boolean | Promise<boolean>);
  /** Whether its samples were made before: what decides how exposures are made does not apply. Default false. */
  isStored?: boolean;
  /** Samples of one number are made by one thread, so that none decodes what another has. Default: any. */
  threadOf?(recipe: Recipe, sampleIndex: number): number;
  /** What `sample.json` says of a sample. */
  factsOf?(recipe: Recipe, sampleIndex: number): Record<string, unknown>;
}
