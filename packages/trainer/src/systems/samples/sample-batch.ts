import { reshape, slice } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import type { NamedTensors } from '@unblur/core-model';
import { mixedBatches, sourceKnowsMotion, storedSourceKinds } from '@unblur/datasets';
import type { MixedBatch, SampleSource } from '@unblur/datasets';
import type { Batch } from '../../training-system.js';
import { expectMotion } from '../../losses/frame-order.js';
import type { KnownMotion } from '../../losses/frame-order.js';
import { expectProcessorSources } from '../../run-file/sources.js';
import type { DataConfig } from '../../run-file/sources.js';

/** Samples of one step as the datasets package makes them: a blurred photograph and its frames each. */
export interface SampleBatch {
  /** `[B, S, S, 3]` in [0, 1]. */
  blurred: Float32Array;
  /** `[B, N, S, S, 3]`, ground-truth frames in time order. */
  frames: Float32Array;
  /**
   * `[B, S, S, 2]`, displacement of the scene from the middle to the last frame. Needed by the losses that
   * say so.
   */
  motionPixels?: Float32Array;
  /** `[B]`: 1 where the motion is known, else 0. Default: known wherever there is `motionPixels`. */
  motionKnown?: Float32Array;
}

/** The static shapes an engine is built for. */
export interface SampleSizes {
  batchSize: number;
  /** Side of the training crops. */
  sizePixels: number;
  /** Side of the validation images. */
  validationSizePixels: number;
}

/** What a batch of samples holds. */
export interface SampleContents {
  /** N, of each sample. */
  frames: number;
  /** Whether the loss needs the true motion. */
  withMotion: boolean;
}

/** Shapes of what a training step is given beside the weights. */
export function sampleShapes(
  { frames, withMotion }: SampleContents,
  batchSize: number,
  sizePixels: number,
): Record<string, number[]> {
  const image = [sizePixels, sizePixels];
  return {
    blurred: [batchSize, ...image, 3],
    frames: [batchSize, frames, ...image, 3],
    ...(withMotion && { motionPixels: [batchSize, ...image, 2], motionKnown: [batchSize] }),
  };
}

/**
 * Samples by the names of `sampleShapes`.
 * @throws if the loss needs the motion and the batch has none.
 */
export function sampleValues(
  { blurred, frames, motionPixels, motionKnown }: SampleBatch,
  { withMotion }: Pick<SampleContents, 'withMotion'>,
  batchSize: number,
): Batch {
  if (!withMotion) return { blurred, frames };
  expectMotion(motionPixels);
  return { blurred, frames, motionPixels, motionKnown: motionKnown ?? new Float32Array(batchSize).fill(1) };
}

/** What the samples of a batch really were, from the tensors that `sampleShapes` names. */
export interface GroundTruth {
  /** In time order, `[B, H, W, 3]` in [0, 1]. */
  frames: readonly Tensor4D[];
  motion?: KnownMotion;
}

/** What the samples of a step really were. @param inputs by the names of `sampleShapes`. */
export function groundTruthOf(
  inputs: NamedTensors,
  { withMotion }: Pick<SampleContents, 'withMotion'>,
): GroundTruth {
  return {
    frames: timeSlices(inputs['frames'] as Tensor5D),
    ...(withMotion && {
      motion: { pixels: inputs['motionPixels'] as Tensor4D, known: inputs['motionKnown'] as Tensor1D },
    }),
  };
}

/** `[B, N, H, W, 3]` to N tensors `[B, H, W, 3]`. */
export function timeSlices(frames: Tensor5D): Tensor4D[] {
  const [batch, count, height, width, channels] = frames.shape;
  return Array.from({ length: count }, (_, index) =>
    reshape(slice(frames, [0, index, 0, 0, 0], [batch, 1, height, width, channels]), [
      batch,
      height,
      width,
      channels,
    ]),
  );
}

/**
 * Batches of samples of one blurred image and its frames each, from a sample index on, without end.
 *
 * @param convert to what an objective takes.
 * @throws at the first batch if the loss needs the motion and no source knows it: stored ones were made without,
 * or by a version that did not store it.
 */
export async function* trainingBatches(
  data: DataConfig,
  { withMotion, ...options }: SampleContents & { batchSize: number; seed: number; firstSample: number },
  convert: (samples: MixedBatch) => Batch,
): AsyncGenerator<Batch, void, void> {
  expectProcessorSources(data);
  const sources = data.sources as (SampleSource & { weight: number })[];
  if (withMotion && !(await Promise.all(sources.map(sourceKnowsMotion))).includes(true)) {
    const stored = sources.filter(({ kind }) => storedSourceKinds.includes(kind)).map(({ folder }) => folder);
    throw new Error(
      `Expected samples whose motion is known, as 'loss.motion' and the canonical order need it, but those in ${stored.join(' and ')} come without; make them anew, of panoramas or layers (folders with --flow), or set 'loss.motion' and 'loss.canonicalShare' to 0 (photo) or another 'loss.order' (paper).`,
    );
  }
  for await (const samples of mixedBatches({ ...data, ...options, sources })) yield convert(samples);
}
