import type { Sample } from '../sample.js';
import { LayeredSynthesizer, type LayeredRecipe } from './layered-synthesizer.js';
import { createPanoramaCache, panoramaOfSample, PanoramaSynthesizer, type PanoramaRecipe } from './panorama-synthesizer.js';

/** Everything that a stream of samples depends on. Plain data: it is sent to workers. */
export type Recipe = PanoramaRecipe | LayeredRecipe;

/** Sample i is a function of the recipe and i alone. */
export interface Synthesizer {
  synthesize(sampleIndex: number): Promise<Sample>;
}

export function createSynthesizer(recipe: Recipe, cacheBytes: number): Synthesizer {
  return recipe.kind === 'panorama' ? new PanoramaSynthesizer(recipe, createPanoramaCache(cacheBytes)) : new LayeredSynthesizer(recipe, cacheBytes);
}

/**
 * Which of `count` threads makes a sample. Each panorama belongs to one thread, so that none is decoded or kept twice; stills are small,
 * and several make a sample.
 */
export function threadOfSample(recipe: Recipe, sampleIndex: number, count: number): number {
  return (recipe.kind === 'panorama' ? panoramaOfSample(recipe, sampleIndex) : sampleIndex) % count;
}
