import type { Tensor1D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { blurToVideo, weightShapes } from '@unblur/core-model';
import type { BlurToVideoConfig } from '@unblur/core-model';
import type { Batch } from '../engine.js';
import { needsMotion, totalLoss } from '../losses/total-loss.js';
import type { GroundTruth, LossConfig } from '../losses/total-loss.js';
import { timeSlices } from '../time-slices.js';
import type { LearningTask, Objective, Restoration } from '../training-system.js';

/** Samples of one step as the datasets package makes them. */
export interface SampleBatch {
  /** `[B, S, S, 3]` in [0, 1]. */
  blurred: Float32Array;
  /** `[B, N, S, S, 3]`, ground-truth frames in time order. */
  frames: Float32Array;
  /** `[B, S, S, 2]`, displacement of the scene from the middle to the last frame. Needed by the losses that say so. */
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

/** What an engine computes to train a blur-to-video network, all its weights in one group. */
export function blurToVideoTask(network: BlurToVideoConfig, loss: LossConfig, { batchSize, sizePixels, validationSizePixels }: SampleSizes): LearningTask {
  const shapes = weightShapes(network);
  return {
    weightShapes: shapes,
    objective: sampleObjective(network, loss, batchSize, sizePixels),
    groups: [Object.keys(shapes)],
    restoration: sampleRestoration(network, validationSizePixels),
  };
}

/** The loss of a batch of samples, which come by the names of `sampleShapes`. */
export function sampleObjective(network: BlurToVideoConfig, loss: LossConfig, batchSize: number, sizePixels: number): Objective {
  return {
    batchShapes: sampleShapes(network, loss, batchSize, sizePixels),
    loss: (inputs) => {
      const gt: GroundTruth = {
        frames: timeSlices(inputs['frames'] as Tensor5D),
        ...(needsMotion(loss) && { motionPixels: inputs['motionPixels'] as Tensor4D, motionKnown: inputs['motionKnown'] as Tensor1D }),
      };
      return totalLoss(blurToVideo(inputs['blurred'] as Tensor4D, inputs, network), gt, loss);
    },
  };
}

/** All frames of one blurred image `[1, S, S, 3]`. */
export function sampleRestoration(network: BlurToVideoConfig, sizePixels: number): Restoration {
  return {
    blurredShape: [1, sizePixels, sizePixels, 3],
    restore: (blurred, weights) => blurToVideo(blurred as Tensor4D, weights, network).frames.map((levels) => levels[0]!),
  };
}

/** Shapes of what a training step is given beside the weights. */
export function sampleShapes({ frames }: Pick<BlurToVideoConfig, 'frames'>, loss: LossConfig, batchSize: number, sizePixels: number): Record<string, number[]> {
  const image = [sizePixels, sizePixels];
  return {
    blurred: [batchSize, ...image, 3],
    frames: [batchSize, frames, ...image, 3],
    ...(needsMotion(loss) && { motionPixels: [batchSize, ...image, 2], motionKnown: [batchSize] }),
  };
}

/**
 * Samples by the names of `sampleShapes`.
 * @throws if the loss needs the motion and the batch has none.
 */
export function sampleValues({ blurred, frames, motionPixels, motionKnown }: SampleBatch, loss: LossConfig, batchSize: number): Batch {
  if (!needsMotion(loss)) return { blurred, frames };
  if (!motionPixels) throw new Error("Expected the motion of the samples, which 'loss.motion' and the canonical order need, but the data has none.");
  return { blurred, frames, motionPixels, motionKnown: motionKnown ?? new Float32Array(batchSize).fill(1) };
}
