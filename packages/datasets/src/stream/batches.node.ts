import { expectOptions, type OptionNames } from '@unblur/files';
import type { AugmentationOptions } from '../augmentation.js';
import type { AveragingChoice } from '../averaging.js';
import type { CameraTurn } from '../panorama/camera-turn.js';
import { layeredOptionNames, type PartialLayeredOptions } from '../layers/layered-options.js';
import { requireThat } from '../option-checks.js';
import { panoramaOptionNames, type PartialPanoramaOptions } from '../panorama/panorama-options.js';
import type { SampleValues } from '../sample.js';
import { concatenate } from '../stacked-values.js';
import { type PartialVideoOptions, videoOptionNames } from '../video/video-options.js';
import {
  partOfSample,
  recipeOfSource,
  storedSourceKinds,
  type MixedRecipe,
  type SampleSource,
} from './recipes.node.js';
import { streamOptionNames, streamSamples, type StreamOptions } from './sample-stream.node.js';

/** One source as a stream of batches. Plain data: a section of a run file. */
export interface SourceBatchOptions extends StreamOptions {
  /** Folder of the pictures that samples are made from. */
  folder: string;
  /** Decides every random choice. */
  seed: number;
}

/** What every stream gives. */
export interface SampleBatch {
  /** Index of the batch's first sample. */
  firstSample: number;
  /** [batch, size, size, 3] display values in [0, 1]. */
  blurred: Float32Array;
  /** [batch, frames, size, size, 3], in time order. */
  frames: Float32Array;
}

export type PanoramaBatchOptions = SourceBatchOptions & PartialPanoramaOptions;
export type LayeredBatchOptions = SourceBatchOptions & PartialLayeredOptions;
export type VideoBatchOptions = SourceBatchOptions & PartialVideoOptions;

export type VideoBatch = SampleBatch;

export interface PanoramaBatch extends SampleBatch {
  /** [batch]: the angle that the camera turned by. */
  rotationDegrees: Float32Array;
  /** Of each sample: what the camera did, from which all motion follows (see `flowsOfSample`). */
  cameraTurns: CameraTurn[];
  /**
   * [batch, size, size, 2]: (dx, dy) in pixels that the scene moves in half the exposure, seen from the
   * middle frame.
   */
  motionPixels: Float32Array;
}

/**
 * An endless stream of batches of rotationally blurred pictures with their latent frames. Sample i depends on
 * the panoramas (their names' order and contents), `seed`, the synthesis options and i only: neither the
 * number of workers nor the batch size nor where the stream began changes a byte. Leaving the loop stops the
 * workers.
 *
 * @throws Error (at the first batch) for wrong options, a missing or empty folder; later, for a panorama that
 * cannot be used, by name.
 */
export function panoramaBatches(options: PanoramaBatchOptions): AsyncGenerator<PanoramaBatch, void, void> {
  return sourceBatches('panorama', panoramaOptionNames, options, (samples) => ({
    rotationDegrees: Float32Array.from(samples, ({ rotationDegrees }) => rotationDegrees!),
    cameraTurns: samples.map(({ cameraTurn }) => cameraTurn!),
    motionPixels: concatenate(samples.map(({ motionPixels }) => motionPixels!)),
  }));
}

export interface LayeredBatch extends SampleBatch {
  /** [batch, frames, size, size, 2]: (dx, dy) in pixels, from the middle frame to each frame. */
  flowsPixels: Float32Array;
  /**
   * [batch, size, size, 2]: (dx, dy) in pixels that what the middle frame shows moves in half the exposure.
   */
  motionPixels: Float32Array;
}

/**
 * An endless stream of batches of layered scenes, blurred by camera shake and by objects that move on their
 * own, with latent frames and optical flow. Reproducible as `panoramaBatches` is; the same errors.
 */
export function layeredBatches(options: LayeredBatchOptions): AsyncGenerator<LayeredBatch, void, void> {
  return sourceBatches('layers', layeredOptionNames, options, (samples) => ({
    flowsPixels: concatenate(samples.flatMap(({ flowsPixels }) => flowsPixels!)),
    motionPixels: concatenate(samples.map(({ motionPixels }) => motionPixels!)),
  }));
}

/**
 * An endless stream of batches of exposures from high-speed video: random windows of random consecutive
 * frames, each video equally often. Reproducible as `panoramaBatches` is.
 *
 * @throws Error (at the first batch) for wrong options or a folder without long enough videos; later, for a
 * frame that cannot be used, by name, and where no window of the videos moves as `neighbourPixels` asks.
 */
export function videoBatches(options: VideoBatchOptions): AsyncGenerator<VideoBatch, void, void> {
  return sourceBatches('video', videoOptionNames, options, () => ({}));
}

/**
 * @param ownOptions of the kind of source.
 * @param knownOf what the kind of source knows of its samples beside the pictures.
 */
async function* sourceBatches<Known extends object>(
  kind: SampleSource['kind'],
  ownOptions: Record<string, true>,
  options: SourceBatchOptions,
  knownOf: (samples: SampleValues[]) => Known,
): AsyncGenerator<SampleBatch & Known, void, void> {
  const given = expectOptions<object>(
    options,
    { folder: true, seed: true, ...streamOptionNames, ...ownOptions },
    "{ folder: 'pictures', sizePixels: 64, frames: 7, batchSize: 4, seed: 1 }",
  );
  const { seed, batchSize, firstSample, workers, prefetchSamples, cacheMegabytes, ...source } =
    given as SourceBatchOptions;
  const stream = { batchSize, firstSample, workers, prefetchSamples, cacheMegabytes };
  const recipe = await recipeOfSource({ kind, ...source }, seed);
  for await (const { firstSample: start, samples } of streamSamples(recipe, stream)) {
    yield { firstSample: start, ...stackPictures(samples), ...knownOf(samples) };
  }
}

/** Several sources as one stream of batches. Plain data: a section of a run file. */
export interface MixedBatchOptions extends StreamOptions {
  /**
   * Where samples come from, each as often as its weight says (default 1). What a source does not say itself,
   * the options below say for all.
   */
  sources: Array<SampleSource & { weight?: number }>;
  sizePixels: number;
  frames: number;
  /** Decides every random choice. */
  seed: number;
  /** Applies to sources that make exposures: all but stored samples. */
  averaging?: AveragingChoice | undefined;
  /** Applies to sources that make exposures: all but stored samples. */
  augmentation?: Partial<AugmentationOptions> | undefined;
}

const mixedOptionNames: OptionNames<MixedBatchOptions> = {
  sources: true,
  sizePixels: true,
  frames: true,
  seed: true,
  averaging: true,
  augmentation: true,
  ...streamOptionNames,
};

export interface MixedBatch extends SampleBatch {
  /** [batch]: the angle that the camera turned by; NaN where the blur is not a pure rotation. */
  rotationDegrees: Float32Array;
  /**
   * [batch, size, size, 2]: (dx, dy) in pixels that what the middle frame shows moves in half the exposure; 0
   * where it is not known.
   */
  motionPixels: Float32Array;
  /** [batch]: 1 where `motionPixels` is known, 0 where not. */
  motionKnown: Float32Array;
  /** For each sample, the index of its source. */
  sourceIndexes: number[];
}

/**
 * An endless stream of batches in which samples of all sources are mixed at random. Sample i depends on the
 * sources, the seed and i only: neither the number of workers nor the batch size nor where the stream began
 * changes a byte. A curriculum of a source counts the samples of the whole stream.
 *
 * @throws Error (at the first batch) for wrong options or folders that a source cannot use; later, for a file
 * that cannot be used, by name.
 */
export async function* mixedBatches(options: MixedBatchOptions): AsyncGenerator<MixedBatch, void, void> {
  const given = expectOptions(
    options,
    mixedOptionNames,
    'mixedBatches({ sources: [...], sizePixels: 64, frames: 7, batchSize: 4, seed: 1 })',
  );
  const recipe = await mixedRecipe(given);
  for await (const { firstSample, samples } of streamSamples(recipe, given)) {
    yield {
      firstSample,
      ...stackPictures(samples),
      rotationDegrees: Float32Array.from(samples, ({ rotationDegrees }) => rotationDegrees ?? NaN),
      motionPixels: concatenate(samples.map((sample) => sample.motionPixels ?? motionless(sample))),
      motionKnown: Float32Array.from(samples, ({ motionPixels }) => (motionPixels ? 1 : 0)),
      sourceIndexes: samples.map((_, index) => partOfSample(recipe, firstSample + index)),
    };
  }
}

async function mixedRecipe({
  sources,
  sizePixels,
  frames,
  seed,
  averaging,
  augmentation,
}: MixedBatchOptions): Promise<MixedRecipe> {
  requireThat(
    Array.isArray(sources) && sources.length > 0,
    'sources',
    'at least one source, in a list,',
    sources,
  );
  const exposing = { ...(averaging !== undefined && { averaging }), augmentation };
  const parts: MixedRecipe['parts'] = [];
  // One after the other: of several that cannot be used, the first is named.
  for (const [index, { weight = 1, ...source }] of sources.entries()) {
    requireThat(
      Number.isFinite(weight) && weight > 0,
      `sources[${index}].weight`,
      'a number above 0',
      weight,
    );
    const exposes = !storedSourceKinds.includes(source.kind);
    const shared = { sizePixels, frames, ...(exposes && exposing) };
    const own = {
      ...shared,
      ...source,
      augmentation: { ...(exposes && augmentation), ...source.augmentation },
    };
    for (const [name, value] of [
      ['sizePixels', sizePixels],
      ['frames', frames],
    ] as const) {
      requireThat(
        own[name] === value,
        `sources[${index}].${name}`,
        `${value}, as for all sources,`,
        own[name],
      );
    }
    parts.push({ weight, recipe: await recipeOfSource(own, seed) });
  }
  return { kind: 'mixed', seed, parts };
}

function stackPictures(samples: SampleValues[]): Pick<SampleBatch, 'blurred' | 'frames'> {
  return {
    blurred: concatenate(samples.map(({ blurred }) => blurred)),
    frames: concatenate(samples.flatMap(({ frames }) => frames)),
  };
}

function motionless({ blurred }: SampleValues): Float32Array {
  return new Float32Array((blurred.length / 3) * 2);
}
