import { basename } from 'node:path';
import { pictureDecoder } from '../pictures/picture-file.node.js';
import { listPictures } from '../pictures/picture-listing.node.js';
import { createRandom } from '../random.js';
import type { SourceKind } from '../source-kind.node.js';
import { synthesizeLayeredBlur } from './layered-blur.js';
import { resolveLayeredOptions, type LayeredOptions, type PartialLayeredOptions } from './layered-options.js';

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface LayeredRecipe {
  kind: 'layers';
  /** Paths of still photographs; their order matters. */
  stills: string[];
  seed: number;
  options: LayeredOptions;
}

export const layeredSource: SourceKind<PartialLayeredOptions, LayeredRecipe> = {
  recipeOf(folder, seed, given) {
    const options = resolveLayeredOptions(given);
    return { kind: 'layers', stills: listPictures(folder, 'still photographs'), seed, options };
  },
  fileNames: ({ stills }) => ({ stills: stills.map((path) => basename(path)) }),
  knowsMotion: true,
  open: ({ stills, seed, options }, cache) => ({
    async synthesize(sampleIndex) {
      const random = createRandom(seed, sampleIndex);
      const [fewest, most] = options.objects;
      const layerCount = 1 + fewest + random.below(most - fewest + 1);
      const paths = Array.from({ length: layerCount }, () => stills[random.below(stills.length)]!);
      return synthesizeLayeredBlur(
        await Promise.all(paths.map((path) => cache.load(pictureDecoder, path))),
        random,
        options,
      );
    },
  }),
};
