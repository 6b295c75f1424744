import type { FileCache, FileDecoder } from '../pictures/file-cache.node.js';
import { readImageFile } from '../pictures/picture-file.node.js';
import { createRandom } from '../random.js';
import { type LayeredSample, type Still, synthesizeLayeredBlur } from './layered-blur.js';
import type { LayeredOptions } from './layered-options.js';

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface LayeredRecipe {
  kind: 'layers';
  /** Paths of still photographs; their order matters. */
  stills: string[];
  seed: number;
  options: LayeredOptions;
}

const stillDecoder: FileDecoder<Still> = {
  name: 'still',
  decode: readImageFile,
  bytesOf: ({ rgb }) => rgb.byteLength,
};

/** Makes samples one by one: sample i is a function of the recipe and i alone. */
export class LayeredSynthesizer {
  readonly #cache: FileCache;
  readonly #recipe: LayeredRecipe;
  constructor(recipe: LayeredRecipe, cache: FileCache) {
    this.#cache = cache;
    this.#recipe = recipe;
  }

  async synthesize(sampleIndex: number): Promise<LayeredSample> {
    const { stills, seed, options } = this.#recipe;
    const random = createRandom(seed, sampleIndex);
    const [fewest, most] = options.objects;
    const layerCount = 1 + fewest + random.below(most - fewest + 1);
    const paths = Array.from({ length: layerCount }, () => stills[random.below(stills.length)]!);
    return synthesizeLayeredBlur(
      await Promise.all(paths.map((path) => this.#cache.load(stillDecoder, path))),
      random,
      options,
    );
  }
}
