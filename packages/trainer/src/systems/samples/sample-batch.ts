import type { Tensor1D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import type { NamedTensors } from '@unblur/core-model';
import type { Batch } from '../../engines/engine.js';
import { expectMotion } from '../../losses/frame-order.js';
import type { KnownMotion } from '../../losses/frame-order.js';
import { timeSlices } from './time-slices.js';

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
