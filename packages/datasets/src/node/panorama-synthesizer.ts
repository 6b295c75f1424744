import { panoramaBytes, type Panorama } from '../panorama.js';
import type { PanoramaOptions } from '../panorama-options.js';
import { createRandom } from '../random.js';
import { planRotationalBlur, synthesizeRotationalBlur, type RotationalBlurSample } from '../rotational-blur.js';
import type { FileCache, FileDecoder } from './file-cache.js';
import { loadPanorama } from './panorama-folder.js';

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface PanoramaRecipe {
  kind: 'panorama';
  /** Paths of the panoramas; their order matters. */
  panoramas: string[];
  seed: number;
  /** Which panorama a sample looks into: a random one, or each in turn, so that a small set shows all alike. */
  order: 'random' | 'in-turn';
  options: PanoramaOptions;
}

/** Index of the panorama that the sample with this index looks into. */
export function panoramaOfSample({ panoramas, seed, order }: PanoramaRecipe, sampleIndex: number): number {
  return order === 'in-turn' ? sampleIndex % panoramas.length : createRandom(seed, sampleIndex, 0).below(panoramas.length);
}

const panoramaDecoder: FileDecoder<Panorama> = { name: 'panorama', decode: loadPanorama, bytesOf: panoramaBytes };

/** Makes samples one by one: sample i is a function of the recipe and i alone. */
export class PanoramaSynthesizer {
  constructor(
    private readonly recipe: PanoramaRecipe,
    private readonly cache: FileCache,
  ) {}

  async synthesize(sampleIndex: number): Promise<RotationalBlurSample> {
    const { seed, options, panoramas } = this.recipe;
    const panorama = await this.cache.load(panoramaDecoder, panoramas[panoramaOfSample(this.recipe, sampleIndex)]!);
    const plan = planRotationalBlur(createRandom(seed, sampleIndex, 1), panorama.levels[0]!.width, sampleIndex, options);
    return synthesizeRotationalBlur(panorama, plan, options);
  }
}
