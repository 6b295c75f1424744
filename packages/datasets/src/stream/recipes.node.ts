import { excerptOfValue, isMapping } from '@unblur/files/parsed-value';
import { completeAugmentation, noAugmentation } from '../augmentation.js';
import type { PartialLayeredOptions } from '../layers/layered-options.js';
import { layeredSource, type LayeredRecipe } from '../layers/layered-source.node.js';
import { requireThat } from '../option-checks.js';
import type { PartialPanoramaOptions } from '../panorama/panorama-options.js';
import { panoramaSource, type PanoramaRecipe } from '../panorama/panorama-source.node.js';
import { FileCache } from '../pictures/file-cache.node.js';
import { createRandom, drawByWeight } from '../random.js';
import { sampleFolderSource, type SampleFolderRecipe } from '../samples/sample-folder-source.node.js';
import { shardSource, type ShardRecipe } from '../shards/shard-source.node.js';
import type { SourceKind, Synthesizer } from '../source-kind.node.js';
import type { PartialStoredSampleOptions } from '../stored-sample.js';
import type { PartialVideoOptions } from '../video/video-options.js';
import { videoSource, type VideoRecipe } from '../video/video-source.node.js';

/** A folder that samples are made from, and how. Plain data: a section of a run file. */
export type SampleSource =
  /** Equirectangular panoramas: the camera turns. */
  | ({ kind: 'panorama'; folder: string } & PartialPanoramaOptions)
  /** Still photographs: the camera shakes, objects move. */
  | ({ kind: 'layers'; folder: string } & PartialLayeredOptions)
  /** Frames of high-speed video (see `listVideos`). */
  | ({ kind: 'video'; folder: string } & PartialVideoOptions)
  /** Samples made before, in shards. */
  | ({ kind: 'shards'; folder: string } & PartialStoredSampleOptions)
  /** Samples made before, or elsewhere, a folder each (see `readSampleFolder`). */
  | ({ kind: 'samples'; folder: string } & PartialStoredSampleOptions);

/** Everything that a stream of samples from one source depends on. */
export type SingleRecipe = PanoramaRecipe | LayeredRecipe | VideoRecipe | ShardRecipe | SampleFolderRecipe;

/** Several recipes of which each sample follows one. Plain data: it is sent to workers. */
export interface MixedRecipe {
  kind: 'mixed';
  seed: number;
  parts: Array<{ weight: number; recipe: SingleRecipe }>;
}

/** Everything that a stream of samples depends on. Plain data: it is sent to workers. */
export type Recipe = SingleRecipe | MixedRecipe;

/** Another kind of source is a line here. */
const sources = {
  panorama: panoramaSource,
  layers: layeredSource,
  video: videoSource,
  shards: shardSource,
  samples: sampleFolderSource,
};

export const sampleSourceKinds = Object.keys(sources) as Array<SampleSource['kind']>;

/** Kinds of sources whose samples were made before. */
export const storedSourceKinds = sampleSourceKinds.filter((kind) => sourceOf(kind).isStored);

/** The compiler does not see that a source's kind, its options and its recipe belong together. */
function sourceOf(kind: string): SourceKind<object, SingleRecipe> {
  if (!Object.hasOwn(sources, kind)) {
    throw new RangeError(
      `Expected a source of kind ${sampleSourceKinds.join(', ')} but received ${excerptOfValue(kind)}.`,
    );
  }
  return sources[kind as SampleSource['kind']] as unknown as SourceKind<object, SingleRecipe>;
}

/** @throws RangeError unless it is a source of a folder. */
function requireSource(source: SampleSource): void {
  requireThat(isMapping(source), 'source', "such as { kind: 'panorama', folder: 'panoramas' }", source);
  requireThat(typeof source.folder === 'string', 'folder', 'the path of a folder', source.folder);
}

/**
 * Whether the motion of a source's samples is known, so that they come with `motionPixels`: of panoramas and
 * layers, and of stored samples that come with it.
 *
 * @throws Error where that is to be read in a folder of stored samples that cannot be read.
 */
export async function sourceKnowsMotion(source: Pick<SampleSource, 'kind' | 'folder'>): Promise<boolean> {
  const { knowsMotion } = sourceOf(source.kind);
  return typeof knowsMotion === 'boolean' ? knowsMotion : knowsMotion(source.folder);
}

/**
 * @throws RangeError for wrong options, UnblurError for unknown ones, Error for a folder without what the source
 * needs.
 */
export async function recipeOfSource(source: SampleSource, seed: number): Promise<SingleRecipe> {
  requireSource(source);
  const { kind, folder, ...options } = source;
  return sourceOf(kind).recipeOf(folder, seed, options);
}

/** The recipe for evaluation sets: without augmentation unless the source asks for it. */
export async function evaluationRecipeOfSource(chosen: SampleSource, seed: number): Promise<SingleRecipe> {
  requireSource(chosen);
  const { kind, folder, ...given } = chosen;
  const source = sourceOf(kind);
  const augmentation = completeAugmentation(noAugmentation, given.augmentation);
  const options = { ...given, augmentation };
  return source.evaluationRecipeOf?.(folder, seed, options) ?? source.recipeOf(folder, seed, options);
}

/** What samples are made from and how, with files by name alone, so that moving them changes nothing. */
export function describeRecipe(recipe: Recipe): Record<string, unknown> {
  return recipe.kind === 'mixed'
    ? {
        ...recipe,
        parts: recipe.parts.map((part) => ({ ...part, recipe: describeRecipe(part.recipe) })),
      }
    : { ...recipe, ...sourceOf(recipe.kind).fileNames(recipe) };
}

/** What `sample.json` says of a sample. */
export function factsOfSample(recipe: SingleRecipe, sampleIndex: number): Record<string, unknown> {
  return sourceOf(recipe.kind).factsOf?.(recipe, sampleIndex) ?? {};
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
 * Sample i of a mixture is sample i of the part that it falls to, so a part's curriculum counts samples of
 * the whole stream.
 *
 * @param cacheBytes memory for decoded pictures, over all sources.
 */
export function createSynthesizer(recipe: Recipe, cacheBytes: number): Synthesizer {
  const cache = new FileCache(cacheBytes);
  const open = (single: SingleRecipe): Synthesizer => sourceOf(single.kind).open(single, cache);
  if (recipe.kind !== 'mixed') return open(recipe);
  const parts = recipe.parts.map((part) => open(part.recipe));
  return {
    synthesize: (sampleIndex) => parts[partOfSample(recipe, sampleIndex)]!.synthesize(sampleIndex),
    close: async () => {
      await Promise.all(parts.map((part) => part.close?.()));
    },
  };
}

/** Which of `count` threads makes a sample. */
export function threadOfSample(recipe: Recipe, sampleIndex: number, count: number): number {
  const single = recipe.kind === 'mixed' ? recipe.parts[partOfSample(recipe, sampleIndex)]!.recipe : recipe;
  return (sourceOf(single.kind).threadOf?.(single, sampleIndex) ?? sampleIndex) % count;
}
