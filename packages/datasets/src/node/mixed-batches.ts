import type { AugmentationOptions } from '../augmentation-options.js';
import type { AveragingChoice } from '../averaging-choice.js';
import { requireThat } from '../option-checks.js';
import { recipeOfSource, type SampleSource } from './sample-source.js';
import { concatenate, type SampleValues } from './sample-values.js';
import { stackBlurred, stackFrames, streamSamples, type StreamOptions } from './sample-stream.js';
import { partOfSample, type MixedRecipe } from './mixed-synthesizer.js';

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
  /** Applies to sources that make exposures: all but shards. */
  averaging?: AveragingChoice | undefined;
  /** Applies to sources that make exposures: all but shards. */
  augmentation?: Partial<AugmentationOptions> | undefined;
}

export interface MixedBatch {
  /** Index of the batch's first sample. */
  firstSample: number;
  /** [batch, size, size, 3] display values in [0, 1]. */
  blurred: Float32Array;
  /** [batch, frames, size, size, 3], in time order. */
  frames: Float32Array;
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
export async function* mixedBatches(given: MixedBatchOptions): AsyncGenerator<MixedBatch, void, void> {
  const { batchSize, firstSample, workers, prefetchSamples, cacheMegabytes } = given;
  const recipe = await mixedRecipe(given);
  for await (const group of streamSamples(recipe, {
    batchSize,
    firstSample,
    workers,
    prefetchSamples,
    cacheMegabytes,
  })) {
    const { samples } = group;
    yield {
      firstSample: group.firstSample,
      blurred: stackBlurred(samples),
      frames: stackFrames(samples),
      rotationDegrees: Float32Array.from(samples, ({ rotationDegrees }) => rotationDegrees ?? NaN),
      motionPixels: concatenate(samples.map((sample) => sample.motionPixels ?? stillField(sample))),
      motionKnown: Float32Array.from(samples, ({ motionPixels }) => (motionPixels ? 1 : 0)),
      sourceIndexes: samples.map((_, index) => partOfSample(recipe, group.firstSample + index)),
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
  requireThat(sources.length > 0, 'sources', 'at least one source', sources);
  const exposing = { ...(averaging !== undefined && { averaging }), augmentation };
  const parts = sources.map(async ({ weight = 1, ...source }, index) => {
    requireThat(weight > 0, `sources[${index}].weight`, 'above 0', weight);
    const shared = { sizePixels, frames, ...(source.kind !== 'shards' && exposing) };
    const own = {
      ...shared,
      ...source,
      augmentation: { ...(source.kind !== 'shards' && augmentation), ...source.augmentation },
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
    return { weight, recipe: await recipeOfSource(own, seed) };
  });
  return { kind: 'mixed', seed, parts: await Promise.all(parts) };
}

function stillField({ blurred }: SampleValues): Float32Array {
  return new Float32Array((blurred.length / 3) * 2);
}
