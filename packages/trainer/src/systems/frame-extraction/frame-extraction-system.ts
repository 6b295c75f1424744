import { mean } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { frameExtractionFamily } from '@unblur/core-model';
import type { FrameExtractionNetwork } from '@unblur/core-model';
import { orderInvariantPairLoss } from '../../losses/order-invariant-pair-loss.js';
import { imageDistance } from '../../losses/image-distance.js';
import type { SystemDefinition } from '../../run-file/run-file.js';
import { scheduleFactor } from '../../loop/schedule.js';
import { timeSlices, trainingBatches } from '../samples/sample-batch.js';
import type { LossTerms, Objective, Phase, Restoration, TrainingSystem } from '../../training-system.js';
import { validationSamples } from '../samples/validation-samples.js';
import { frameExtractionRunField } from './frame-extraction-run.js';
import type { FrameExtractionRun } from './frame-extraction-run.js';

/**
 * The networks of Jin et al. 2018: the middle frame's is trained first, then each pair's, those before it
 * frozen.
 */
export const frameExtractionDefinition: SystemDefinition<FrameExtractionRun> = {
  field: frameExtractionRunField,
  open: openFrameExtractionSystem,
};

function openFrameExtractionSystem({
  network: config,
  data,
  optimizer,
  schedule,
  stageSteps,
  batchSize,
  seed,
  validation,
}: FrameExtractionRun): TrainingSystem {
  const network = frameExtractionFamily.declare(config);
  const { frames } = config;
  const phases = stageSteps.map((steps, stage): Phase => {
    // Every stage learns from samples of its own: those after the samples of the stages before it.
    const firstSampleOfStage = batchSize * stageSteps.slice(0, stage).reduce((sum, count) => sum + count, 0);
    return {
      steps,
      batchSize,
      objective: stageObjective(network, stage, batchSize, data.sizePixels),
      groups: [
        {
          weights: network.stages[stage]!,
          learningRate: (step) => optimizer.learningRate * scheduleFactor(schedule, step, steps),
        },
      ],
      batchesFrom: (firstSample) =>
        trainingBatches(
          data,
          { frames, withMotion: false, batchSize, seed, firstSample: firstSampleOfStage + firstSample },
          ({ blurred, frames: gt }) => ({ blurred, frames: gt }),
        ),
    };
  });
  return {
    weightShapes: frameExtractionFamily.shapesOf(config),
    startingWeights: () => frameExtractionFamily.initialWeights(config, seed),
    drawing: frameExtractionFamily.drawing(config, seed),
    optimizer,
    phases,
    restoration: frameExtractionRestoration(network, validation.sizePixels),
    readValidationSamples: () => validationSamples(validation, frames),
    writeWeights: (weights, metadata) =>
      frameExtractionFamily.writeWeights(weights, config, { dtype: 'float32', metadata }),
  };
}

/** All frames of one blurred image `[1, S, S, 3]`. */
export function frameExtractionRestoration(
  { extract }: FrameExtractionNetwork,
  sizePixels: number,
): Restoration {
  return {
    blurredShape: [1, sizePixels, sizePixels, 3],
    restore: (blurred, weights) => ({ frames: extract(blurred as Tensor4D, weights) }),
  };
}

/**
 * L1 of the middle frame (stage 0), or the order-invariant loss of one pair, the first one around the middle
 * being stage 1.
 */
export function stageObjective(
  { config, extract }: FrameExtractionNetwork,
  stage: number,
  batchSize: number,
  sizePixels: number,
): Objective {
  const middle = (config.frames - 1) / 2;
  return {
    batchShapes: {
      blurred: [batchSize, sizePixels, sizePixels, 3],
      frames: [batchSize, config.frames, sizePixels, sizePixels, 3],
    },
    loss: (inputs): LossTerms => {
      const gt = timeSlices(inputs['frames'] as Tensor5D);
      const restored = extract(inputs['blurred'] as Tensor4D, inputs, stage);
      if (stage === 0) {
        const photometric = mean(imageDistance(restored[0]!, gt[middle]!, 'l1')) as Scalar;
        return { total: photometric, photometric };
      }
      const pair = mean(
        orderInvariantPairLoss([restored[0]!, restored.at(-1)!], [gt[middle - stage]!, gt[middle + stage]!]),
      ) as Scalar;
      return { total: pair, pair };
    },
  };
}
