import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PartialPanoramaOptions } from '../panorama-options.js';
import { claimFolder, describeRecipe } from './claimed-folder.js';
import { listPanoramas } from './panorama-folder.js';
import { recipeInTurn } from './panorama-source.js';
import { panoramaOfSample } from './panorama-synthesizer.js';
import { writeSampleFolder } from './sample-folder.js';
import { createSynthesisPool } from './synthesis-pool.js';

export interface PanoramaSetOptions extends PartialPanoramaOptions {
  /** Folder of equirectangular panoramas; they are used in turn, sorted by name. */
  folder: string;
  /** Where the samples go: one sub-folder each, `sample-0000` and so on, and `set.json`. */
  out: string;
  count: number;
  seed: number;
  /** Worker threads; 0 makes the samples in the calling thread. Default 1. */
  workers?: number;
  /** Called after each sample, also for those that were there before. */
  onProgress?: (done: number, count: number) => void;
}

const CACHE_BYTES = 512 * 2 ** 20;

/**
 * Makes a set of sample folders, without augmentation unless it is asked for. A sample depends on its index and the options only, each appears under its
 * name once it is whole, and those that exist are kept: a set that was stopped half-way is completed by the same call.
 *
 * @throws Error where `out` holds a set made with other options; where a panorama cannot be used.
 */
export async function synthesizePanoramaSet(given: PanoramaSetOptions): Promise<void> {
  const { folder, out, count, seed, workers = 1, onProgress, ...synthesis } = given;
  const recipe = recipeInTurn(listPanoramas(folder), seed, synthesis);
  const { options } = recipe;
  await claimFolder(out, 'set.json', describeRecipe(recipe));

  const pool = createSynthesisPool(recipe, workers, CACHE_BYTES);
  let done = 0;
  const makeSample = async (index: number): Promise<void> => {
    const path = join(out, `sample-${String(index).padStart(4, '0')}`);
    if (!existsSync(path)) {
      const { blurred, frames, rotationDegrees } = await pool.synthesize(index);
      const toImage = (data: Float32Array) => ({ width: options.sizePixels, height: options.sizePixels, data });
      const sample = { blurred: toImage(blurred), frames: frames.map(toImage), rotationDegrees: rotationDegrees! };
      await writeSampleFolder(path, sample, { panorama: basename(recipe.panoramas[panoramaOfSample(recipe, index)]!) });
    }
    onProgress?.(++done, count);
  };
  try {
    let next = 0;
    const makeSamples = async (): Promise<void> => {
      while (next < count) await makeSample(next++);
    };
    // One sample more than there are workers, so that one is written while the others are made.
    await Promise.all(Array.from({ length: workers + 1 }, makeSamples));
  } finally {
    await pool.close();
  }
}
