import type { NetworkFamily } from '@unblur/core-model';
import { sampleValues, trainingBatches } from './sample-batch.js';
import type { SampleContents } from './sample-batch.js';
import type { SampleRun } from './sample-run.js';
import { scheduleFactor } from '../../loop/schedule.js';
import { startingWeights, weightNamesOfParts } from '../starting-weights.js';
import type { LearningTask, Phase, TrainingSystem } from '../../training-system.js';
import { validationSamples } from './validation-samples.js';

/** A stretch of the run with one task. */
export interface SampleStage {
  /** Weight updates. */
  steps: number;
  task: LearningTask;
  contents: SampleContents;
}

/** What differs between systems that learn all frames of a photograph at once. */
export interface SampleNetwork<Config extends object> {
  family: NetworkFamily<Config>;
  network: Config;
  /**
   * In the order in which they are trained; one learning-rate schedule and one stream of samples go through
   * all of them.
   */
  stages: readonly SampleStage[];
}

/**
 * Opens the system of a run: all weights, or the trained parts, at one learning rate. @throws if a trained
 * part is none of the network.
 */
export function openSampleSystem<Config extends object>(
  run: SampleRun,
  { family, network, stages }: SampleNetwork<Config>,
): TrainingSystem {
  const { optimizer, seed, validation, trainedParts, initialWeights } = run;
  const {
    task: { weightShapes, restoration },
    contents: { frames },
  } = stages[0]!;
  const names = Object.keys(weightShapes);
  const trained = trainedParts === null ? names : weightNamesOfParts(names, trainedParts, 'trainedParts');
  return {
    weightShapes,
    startingWeights: () => startingWeights(family, { network, seed, initialWeights }),
    ...(initialWeights === null && { drawing: family.drawing(network, seed) }),
    optimizer,
    phases: stages.map((stage, index) =>
      samplePhase(
        run,
        stage,
        stages.slice(0, index).reduce((sum, { steps }) => sum + steps, 0),
        trained,
      ),
    ),
    restoration,
    readValidationSamples: () => validationSamples(validation, frames),
    writeWeights: (weights, metadata) =>
      family.writeWeights(weights, network, { dtype: 'float32', metadata }),
  };
}

/** @param stepsBefore weight updates of the stages before. */
function samplePhase(
  { data, batchSize, seed, optimizer, schedule, steps: stepsOfRun }: SampleRun,
  { steps, task, contents }: SampleStage,
  stepsBefore: number,
  trained: string[],
): Phase {
  return {
    steps,
    batchSize,
    objective: task.objective,
    groups: [
      {
        weights: trained,
        learningRate: (step) =>
          optimizer.learningRate * scheduleFactor(schedule, stepsBefore + step, stepsOfRun),
      },
    ],
    batchesFrom: (firstSample) =>
      trainingBatches(
        data,
        { ...contents, batchSize, seed, firstSample: stepsBefore * batchSize + firstSample },
        (samples) => sampleValues(samples, contents, batchSize),
      ),
  };
}
