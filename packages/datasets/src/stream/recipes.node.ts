import { basename } from 'node:path';
import { type PartialLayeredOptions, resolveLayeredOptions } from '../layers/layered-options.js';
import { type LayeredRecipe, LayeredSynthesizer } from '../layers/layered-source.node.js';
import { type PartialPanoramaOptions, resolvePanoramaOptions } from '../panorama/panorama-options.js';
import {
  listPanoramas,
  panoramaOfSample,
  type PanoramaRecipe,
  PanoramaSynthesizer,
} from '../panorama/panorama-source.node.js';
import { FileCache } from '../pictures/file-cache.node.js';
import { listPictures } from '../pictures/picture-file.node.js';
import { createRandom, drawByWeight } from '../random.js';
import type { Sample } from '../sample.js';
import {
  type PartialShardCropOptions,
  shardRecipe,
  type ShardRecipe,
  ShardSynthesizer,
} from '../shards/shard-source.node.js';
import type { PartialVideoOptions } from '../video/video-options.js';
import { videoRecipe, type VideoRecipe, VideoSynthesizer } from '../video/video-source.node.js';

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

/** A folder that samples are made from, and how. Plain data: a section of a run file. */
export type SampleSource =
  /** Equirectangular panoramas: the camera turns. */
  | ({ kind: 'panorama'; folder: string } & PartialPanoramaOptions)
  /** Still photographs: the camera shakes, objects move. */
  | ({ kind: 'layers'; folder: string } & PartialLayeredOptions)
  /** Frames of high-speed video (see `listVideos`). */
  | ({ kind: 'video'; folder: string } & PartialVideoOptions)
  /** Samples made before, in shards. */
  | ({ kind: 'shards'; folder: string } & PartialShardCropOptions);

export const sampleSourceKinds = ['panorama', 'layers', 'video', 'shards'] as const satisfies ReadonlyArray<
  SampleSource['kind']
>;

/** @throws RangeError for wrong options, Error for a folder without what the source needs. */
export async function recipeOfSource(source: SampleSource, seed: number): Promise<SingleRecipe> {
  switch (source.kind) {
    case 'panorama': {
      const { kind, folder, ...synthesis } = source;
      return {
        kind,
        panoramas: listPanoramas(folder),
        seed,
        order: 'random',
        options: resolvePanoramaOptions(synthesis),
      };
    }
    case 'layers': {
      const { kind, folder, ...synthesis } = source;
      return {
        kind,
        stills: listPictures(folder, 'still photographs'),
        seed,
        options: resolveLayeredOptions(synthesis),
      };
    }
    case 'video': {
      const { kind: _kind, folder, ...synthesis } = source;
      return videoRecipe(folder, seed, synthesis);
    }
    case 'shards': {
      const { kind: _kind, folder, ...crop } = source;
      return shardRecipe(folder, seed, crop);
    }
    default:
      throw new RangeError(
        `Expected a source of kind ${sampleSourceKinds.join(', ')} but received ${JSON.stringify((source as { kind: unknown }).kind)}.`,
      );
  }
}

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

/** What samples are made from and how; files by name, wherever they lie. */
export function describeRecipe(recipe: Recipe): Record<string, unknown> {
  const names = (paths: string[]): string[] => paths.map((path) => basename(path));
  switch (recipe.kind) {
    case 'panorama':
      return { ...recipe, panoramas: names(recipe.panoramas) };
    case 'layers':
      return { ...recipe, stills: names(recipe.stills) };
    case 'video':
      return { ...recipe, videos: recipe.videos.map(names) };
    case 'shards':
      return { ...recipe, folder: basename(recipe.folder) };
    case 'mixed':
      return {
        ...recipe,
        parts: recipe.parts.map((part) => ({ ...part, recipe: describeRecipe(part.recipe) })),
      };
  }
}
