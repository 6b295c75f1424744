import { createRandom, drawByWeight } from '../random.js';
import type { Sample } from '../sample.js';
import type { SingleRecipe, Synthesizer } from './synthesizer.js';

/** Several recipes of which each sample follows one. Plain data: it is sent to workers. */
export interface MixedRecipe {
  kind: 'mixed';
  seed: number;
  parts: Array<{ weight: number; recipe: SingleRecipe }>;
}

/** Index of the part that the sample with this index is made by: random, as often as its weight says. */
export function partOfSample(
  { seed, parts }: Pick<MixedRecipe, 'seed' | 'parts'>,
  sampleIndex: number,
): number {
  return drawByWeight(
    createRandom(seed, sampleIndex, 2),
    parts.map(({ weight }) => weight),
  );
}

/**
 * Sample i of the mixture is sample i of the part that it falls to, so a part's curriculum counts samples of
 * the whole stream.
 */
export class MixedSynthesizer implements Synthesizer {
  readonly #synthesizers: Synthesizer[];
  readonly #recipe: MixedRecipe;
  constructor(recipe: MixedRecipe, synthesizers: Synthesizer[]) {
    this.#synthesizers = synthesizers;
    this.#recipe = recipe;
  }

  synthesize(sampleIndex: number): Promise<Sample> {
    return this.#synthesizers[partOfSample(this.#recipe, sampleIndex)]!.synthesize(sampleIndex);
  }

  async close(): Promise<void> {
    await Promise.all(this.#synthesizers.map((synthesizer) => synthesizer.close?.()));
  }
}
