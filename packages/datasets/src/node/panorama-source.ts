import { noAugmentation } from '../augmentation-options.js';
import { resolvePanoramaOptions, type PartialPanoramaOptions } from '../panorama-options.js';
import type { RotationalBlurSample } from '../rotational-blur.js';
import { listPanoramas } from './panorama-folder.js';
import { PanoramaSynthesizer } from './panorama-synthesizer.js';

/** A folder of panoramas to make single samples from. */
export interface PanoramaSource {
  /** Sample `index` of `seed`, from the panoramas in turn; without augmentation unless it is asked for. */
  synthesize(request: PartialPanoramaOptions & { seed: number; index: number }): Promise<RotationalBlurSample>;
}

const CACHE_BYTES = 256 * 2 ** 20;

/** @throws Error where the folder cannot be read or holds no picture. */
export async function openPanoramaFolder(folder: string): Promise<PanoramaSource> {
  const panoramas = listPanoramas(folder);
  return {
    async synthesize({ seed, index, photoPixels, ...synthesis }) {
      const options = resolvePanoramaOptions({
        ...synthesis,
        photoPixels: photoPixels ?? synthesis.sizePixels,
        augmentation: { ...noAugmentation, ...synthesis.augmentation },
      });
      return new PanoramaSynthesizer({ kind: 'panorama', panoramas, seed, order: 'in-turn', options }, CACHE_BYTES).synthesize(index);
    },
  };
}
