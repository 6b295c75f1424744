import type { Sample } from '../sample.js';
import { FileCache } from './file-cache.js';
import { LayeredSynthesizer, type LayeredRecipe } from './layered-synthesizer.js';
import { MixedSynthesizer, partOfSample, type MixedRecipe } from './mixed-synthesizer.js';
import { panoramaOfSample, PanoramaSynthesizer, type PanoramaRecipe } from './panorama-synthesizer.js';
import { ShardSynthesizer, type ShardRecipe } from './shard-synthesizer.js';
import { VideoSynthesizer, type VideoRecipe } from './video-synthesizer.js';

/** Everything that a stream of samples from one source depends on. */
export type SingleRecipe = PanoramaRecipe | LayeredRecipe | VideoRecipe | ShardRecipe;

/** Everything that a stream of samples depends on. Plain data: it is sent to workers. */
export type Recipe = SingleRecipe | MixedRecipe;

/** Sample i is a function of the recipe and i alone. */
export interface Synthesizer {
  synthesize(sampleIndex: number): Promise<Sample>;
  /** Where files are held open. */
  close?(): Promise<void>;
}

/** @param cacheBytes memory for decoded pictures, over all sources. */
export function createSynthesizer(recipe: Recipe, cacheBytes: number): Synthesizer {
  const cache = new FileCache(cacheBytes);
  if (recipe.kind !== 'mixed') return createSingleSynthesizer(recipe, cache);
  return new MixedSynthesizer(
    recipe,
    recipe.parts.map((part) => createSingleSynthesizer(part.recipe, cache)),
  );
}

function createSingleSynthesizer(recipe: SingleRecipe, cache: FileCache): Synthesizer {
  switch (recipe.kind) {
    case 'panorama':
      return new PanoramaSynthesizer(recipe, cache);
    case 'layers':
      return new LayeredSynthesizer(recipe, cache);
    case 'video':
      return new VideoSynthesizer(recipe, cache);
    case 'shards':
      return new ShardSynthesizer(recipe);
  }
}

/**
 * Which of `count` threads makes a sample. Each panorama belongs to one thread, so that none is decoded or
 * kept twice; stills and frames are small, and several make a sample.
 */
export function threadOfSample(recipe: Recipe, sampleIndex: number, count: number): number {
  const single = recipe.kind === 'mixed' ? recipe.parts[partOfSample(recipe, sampleIndex)]!.recipe : recipe;
  return (single.kind === 'panorama' ? panoramaOfSample(single, sampleIndex) : sampleIndex) % count;
}
