import { paperFamily } from '@unblur/core-model';
import type { PaperConfig } from '@unblur/core-model';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { SystemDefinition } from '../../run-file/run-file.js';
import { openSampleSystem } from '../samples/sample-system.js';
import { paperRunField } from './paper-run.js';
import type { PaperRun } from './paper-run.js';
import { groundTruthOf, sampleShapes } from '../samples/sample-batch.js';
import type { SampleContents, SampleSizes } from '../samples/sample-batch.js';
import type { LearningTask } from '../../training-system.js';
import { paperLoss } from './paper-loss.js';
import type { PaperLossConfig } from './paper-loss.js';

/** The network of Argaw et al. 2021 with its losses: one objective, all weights at one learning rate. */
export const paperDefinition: SystemDefinition<PaperRun> = {
  field: paperRunField,
  open: (run) => {
    const { network, loss, steps, batchSize, data, validation } = run;
    const task = paperTask(network, loss, {
      batchSize,
      sizePixels: data.sizePixels,
      validationSizePixels: validation.sizePixels,
    });
    return openSampleSystem(run, {
      family: paperFamily,
      network,
      stages: [{ steps, task, contents: paperContents(network, loss) }],
    });
  },
};

/** What a batch must hold. */
function paperContents({ frames }: PaperConfig, { order }: PaperLossConfig): SampleContents {
  return { frames, withMotion: order === 'canonical' };
}

/** What an engine computes to train the network of Argaw et al. 2021, all its weights in one group. */
export function paperTask(
  config: PaperConfig,
  loss: PaperLossConfig,
  { batchSize, sizePixels, validationSizePixels }: SampleSizes,
): LearningTask {
  const network = paperFamily.declare(config);
  const contents = paperContents(config, loss);
  const weightShapes = paperFamily.shapesOf(config);
  return {
    weightShapes,
    groups: [Object.keys(weightShapes)],
    objective: {
      batchShapes: sampleShapes(contents, batchSize, sizePixels),
      loss: (inputs) =>
        paperLoss(
          network.restore(inputs['blurred'] as Tensor4D, inputs),
          groundTruthOf(inputs, contents),
          loss,
        ),
    },
    restoration: {
      blurredShape: [1, validationSizePixels, validationSizePixels, 3],
      restore: (blurred, weights) => {
        const { frames, motionsPixels } = network.restore(blurred as Tensor4D, weights);
        return { frames: frames.map((levels) => levels[0]!), motionsPixels };
      },
    },
  };
}
