import { readFileSync } from 'node:fs';
import { initialWeights, readWeights, writeWeights } from '@unblur/core-model';
import type { WeightValues } from '@unblur/core-model';
import type { SystemDefinition } from '../run-file.js';
import { scheduleFactor } from '../schedule.js';
import { namesOfParts, weightsOfFile } from '../taken-weights.js';
import { trainingBatches } from '../training-data.js';
import type { SamplePool, TrainingSystem } from '../training-system.js';
import { validationSamples } from '../validation-samples.js';
import { changePaths, runConfigField } from './run-config.js';
import type { RunConfig } from './run-config.js';
import { blurToVideoTask, sampleShapes, sampleValues } from './sample-objective.js';

/** The network of Argaw et al. 2021: one objective, all weights at one learning rate. */
export const blurToVideoDefinition: SystemDefinition<RunConfig> = {
  field: runConfigField,
  changePaths,
  pictureFolders: ({ data: { sources } }) => sources.flatMap(({ kind, folder }) => (kind === 'panorama' || kind === 'layers' ? [folder] : [])),
  open: openBlurToVideo,
};

async function openBlurToVideo(config: RunConfig): Promise<TrainingSystem> {
  const { network, data, loss, optimizer, schedule, steps, batchSize, seed, validation, trainedParts } = config;
  const { weightShapes, restoration, objective } = blurToVideoTask(network, loss, { batchSize, sizePixels: data.sizePixels, validationSizePixels: validation.sizePixels });
  const names = Object.keys(weightShapes);
  const trainedWeights = trainedParts === null ? names : namesOfParts(names, trainedParts, 'trainedParts');
  const batchesFrom = (firstSample: number, { size, batch }: { size: number; batch: number }) =>
    trainingBatches({ ...data, sizePixels: size }, { frames: network.frames, batchSize: batch, seed, firstSample }, (samples) => sampleValues(samples, loss, batch));
  const pool = config.torch.pool;
  const samplePool: SamplePool | undefined = pool
    ? {
        config: pool,
        shapes: (count) => sampleShapes(network, loss, count, pool.sizePixels),
        batchesFrom: (firstSample, batch) => batchesFrom(firstSample, { size: pool.sizePixels, batch }),
      }
    : undefined;
  return {
    weightShapes,
    startingWeights: () => startingWeights(config),
    optimizer,
    phases: [
      {
        steps,
        batchSize,
        objective,
        groups: [{ weights: trainedWeights, learningRate: (step) => optimizer.learningRate * scheduleFactor(schedule, step, steps) }],
        batchesFrom: (firstSample) => batchesFrom(firstSample, { size: data.sizePixels, batch: batchSize }),
        ...(samplePool && { pool: samplePool }),
      },
    ],
    restoration,
    validationSamples: await validationSamples(validation, network.frames),
    writeWeights: (weights, metadata) => writeWeights(weights, network, { dtype: 'float32', metadata }),
  };
}

function startingWeights({ initialWeights: given, network, seed }: RunConfig): WeightValues {
  if (given === null) return initialWeights(network, seed);
  const { file, parts } = given;
  const read = readWeights(readFileSync(file));
  return weightsOfFile({ file, ...read }, parts, network, () => initialWeights(network, seed));
}
