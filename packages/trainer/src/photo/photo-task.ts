import type { Tensor4D } from '@tensorflow/tfjs-core';
import { declarePhotoNetwork, frameTimes, photoFamily } from '@unblur/core-model';
import type { PhotoConfig } from '@unblur/core-model';
import type { FrameOrder } from '../losses/frame-order.js';
import { groundTruthOf, sampleShapes } from '../sample-batch.js';
import type { SampleContents, SampleSizes } from '../sample-batch.js';
import type { LearningTask } from '../training-system.js';
import { photoLoss } from './photo-loss.js';
import type { PhotoLossConfig } from './photo-loss.js';

/** How the photo network is trained for a while. */
export interface PhotoObjective {
  /** Frames of each sample, evenly over the exposure: the network has none of its own. */
  frames: number;
  order: FrameOrder;
  loss: PhotoLossConfig;
}

/** What a batch must hold. */
export function photoContents({ frames, order, loss: { motion } }: PhotoObjective): SampleContents {
  return { frames, withMotion: motion !== 0 || order === 'canonical' };
}

/** What an engine computes to train the photo network, all its weights in one group. */
export function photoTask(config: PhotoConfig, objective: PhotoObjective, { batchSize, sizePixels, validationSizePixels }: SampleSizes): LearningTask {
  const network = declarePhotoNetwork(config);
  const times = frameTimes(objective.frames);
  const contents = photoContents(objective);
  const weightShapes = photoFamily.shapesOf(config);
  return {
    weightShapes,
    groups: [Object.keys(weightShapes)],
    objective: {
      batchShapes: sampleShapes(contents, batchSize, sizePixels),
      loss: (inputs) => photoLoss(network.restore(inputs['blurred'] as Tensor4D, times, inputs), times, groundTruthOf(inputs, contents), objective.order, objective.loss),
    },
    restoration: {
      blurredShape: [1, validationSizePixels, validationSizePixels, 3],
      restore: (blurred, weights) => network.restore(blurred as Tensor4D, times, weights).frames,
    },
  };
}
