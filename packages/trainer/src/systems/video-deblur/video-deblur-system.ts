import { videoDeblurFamily, windowFrames } from '@unblur/core-model';
import { layeredBatches, videoWindowBatches } from '@unblur/datasets';
import type { Batch, Phase, TrainingSystem } from '../../training-system.js';
import type { SystemDefinition } from '../../run-file/run-file.js';
import { scheduleFactor } from '../../loop/schedule.js';
import type { ScheduleConfig } from '../../run-file/fields.js';
import { recordedSources, sliceClips, validationWindows } from '../samples/window-samples.js';
import { weightNamesOfParts } from '../starting-weights.js';
import { randomPixels } from '../../losses/hard-example-loss.js';
import {
  cascadeObjective,
  flowObjective,
  isFlowWeight,
  middleRestoration,
} from './video-deblur-objectives.js';
import { videoDeblurRunField } from './video-deblur-run.js';
import type { VideoDeblurRun } from './video-deblur-run.js';
import { videoStartingWeights } from './video-deblur-starting-weights.js';

/**
 * The network of Pan et al. 2020: first its flow network on layers that move over each other, then the whole
 * cascade, with a learning rate for each of its two networks (section 4).
 */
export const videoDeblurDefinition: SystemDefinition<VideoDeblurRun> = {
  field: videoDeblurRunField,
  open: openVideoDeblurSystem,
};

/** Flows are learned on scenes of so many frames, from the middle one to the others, in turn. */
const sceneFrames = 5;
const sceneMiddle = 2;
const flowTargets = [1, 3, 0, 4];
/**
 * A distance between the moments of an exposure that leaves its frames alone: nothing needs the blurred
 * photograph.
 */
const oneMomentStepPixels = 1000;

function openVideoDeblurSystem(config: VideoDeblurRun): TrainingSystem {
  const { network, optimizer, validation, seed, flowPretraining, initialWeights, initialFlow } = config;
  return {
    weightShapes: videoDeblurFamily.shapesOf(network),
    startingWeights: () => videoStartingWeights(config),
    ...(initialWeights === null &&
      initialFlow === null && { drawing: videoDeblurFamily.drawing(network, seed) }),
    optimizer,
    phases: [...(flowPretraining ? [flowPhase(config, flowPretraining)] : []), cascadePhase(config)],
    restoration: middleRestoration(network, validation.sizePixels),
    readValidationSamples: () => validationWindows(config.validation, windowFrames(network)),
    writeWeights: (weights, metadata) =>
      videoDeblurFamily.writeWeights(weights, network, { dtype: 'float32', metadata }),
  };
}

function flowPhase(
  { network, data: { sizePixels }, seed }: VideoDeblurRun,
  pretraining: NonNullable<VideoDeblurRun['flowPretraining']>,
): Phase {
  const { folder, workers, batchSize, steps, cameraPixels, objectPixels } = pretraining;
  const schedule: ScheduleConfig = {
    kind: 'step',
    at: [0.5, 0.75],
    factor: 0.5,
    warmupSteps: Math.min(100, steps),
  };
  return {
    steps,
    batchSize,
    objective: flowObjective(network, batchSize, sizePixels),
    groups: [
      {
        weights: flowWeights(network),
        learningRate: (step) => pretraining.learningRate * scheduleFactor(schedule, step, steps),
      },
    ],
    batchesFrom: async function* (firstSample): AsyncGenerator<Batch, void, void> {
      const pictures = { frames: sceneFrames, sizePixels, channels: 3 };
      const flows = { ...pictures, channels: 2 };
      // Scenes are expensive and flows cheap, so every batch of scenes serves for all of them in turn.
      const [turns, firstBatch] = [flowTargets.length, firstSample / batchSize];
      const scenes = {
        folder,
        workers,
        sizePixels,
        frames: sceneFrames,
        cameraPixels,
        objectPixels,
        stepPixels: oneMomentStepPixels,
        seed,
        batchSize,
        firstSample: Math.floor(firstBatch / turns) * batchSize,
      };
      let batch = Math.floor(firstBatch / turns) * turns;
      for await (const { frames, flowsPixels } of layeredBatches(scenes)) {
        for (const target of flowTargets) {
          if (batch++ < firstBatch) continue;
          // Flows are known from the middle frame.
          yield {
            first: sliceClips(frames, pictures, sceneMiddle, 1),
            second: sliceClips(frames, pictures, target, 1),
            flowPixels: sliceClips(flowsPixels, flows, target, 1),
          };
        }
      }
    },
  };
}

function cascadePhase({
  network,
  data,
  loss,
  optimizer,
  schedule,
  steps,
  batchSize,
  seed,
  trainedParts,
}: VideoDeblurRun): Phase {
  const [{ sizePixels }, length] = [data, windowFrames(network)];
  const factor = (step: number) => scheduleFactor({ kind: 'step', ...schedule }, step, steps);
  const names = Object.keys(videoDeblurFamily.shapesOf(network));
  const trained = trainedParts === null ? names : weightNamesOfParts(names, trainedParts, 'trainedParts');
  // Frozen weights need no gradient.
  const groups = [
    { weights: trained.filter(isFlowWeight), learningRate: optimizer.flowLearningRate },
    { weights: trained.filter((name) => !isFlowWeight(name)), learningRate: optimizer.learningRate },
  ].filter(({ weights, learningRate }) => weights.length > 0 && learningRate > 0);
  return {
    steps,
    batchSize,
    objective: cascadeObjective(network, loss, batchSize, sizePixels),
    groups: groups.map(({ weights, learningRate }) => ({
      weights,
      learningRate: (step) => learningRate * factor(step),
    })),
    batchesFrom: async function* (start): AsyncGenerator<Batch, void, void> {
      for await (const { firstSample, blurred, gt } of videoWindowBatches({
        ...data,
        sources: recordedSources(data),
        windowFrames: length,
        batchSize,
        seed,
        firstSample: start,
      })) {
        yield {
          blurred,
          gt: sliceClips(gt, { frames: length, sizePixels, channels: 3 }, 1, length - 2),
          randomMask: randomPixels(batchSize, sizePixels, seed, firstSample),
        };
      }
    },
  };
}

const flowWeights = (network: VideoDeblurRun['network']): string[] =>
  Object.keys(videoDeblurFamily.shapesOf(network)).filter(isFlowWeight);
