import { noAugmentation } from '../augmentation-options.js';
import { resolvePanoramaOptions, type PartialPanoramaOptions } from '../panorama-options.js';
import type { RotationalBlurSample } from '../rotational-blur.js';
import { FileCache } from './file-cache.js';
import { listPanoramas } from './panorama-folder.js';
import { PanoramaSynthesizer, type PanoramaRecipe } from './panorama-synthesizer.js';

/** A folder of panoramas to make single samples from. */
export interface PanoramaSource {
  /** Sample `index` of `seed`, from the panoramas in turn; without augmentation unless it is asked for. */
  synthesize(
    request: PartialPanoramaOptions & { seed: number; index: number },
  ): Promise<RotationalBlurSample>;
}

const cacheBytes = 256 * 2 ** 20;

/** @throws Error where the folder cannot be read or holds no picture. */
export async function openPanoramaFolder(folder: string): Promise<PanoramaSource> {
  const panoramas = listPanoramas(folder);
  const cache = new FileCache(cacheBytes);
  return {
    synthesize: ({ seed, index, ...synthesis }) =>
      new PanoramaSynthesizer(recipeInTurn(panoramas, seed, synthesis), cache).synthesize(index),
  };
}

/**
 * What sets for evaluation are made by: panoramas in turn, whole photographs, no augmentation unless it is
 * asked for.
 */
export function recipeInTurn(
  panoramas: string[],
  seed: number,
  synthesis: PartialPanoramaOptions,
): PanoramaRecipe {
  const { photoPixels = synthesis.sizePixels } = synthesis;
  const options = resolvePanoramaOptions({
    ...synthesis,
    photoPixels,
    augmentation: { ...noAugmentation, ...synthesis.augmentation },
  });
  return { kind: 'panorama', panoramas, seed, order: 'in-turn', options };
}
