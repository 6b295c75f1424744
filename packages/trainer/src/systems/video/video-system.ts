import { videoDeblurFamily, windowFrames } from '@unblur/core-model';
import { layeredBatches, videoWindowBatches } from '@unblur/datasets';
import type { Batch, Phase, TrainingSystem, ValidationSample } from '../../training-system.js';
import type { SystemDefinition } from '../../run-file/run-file.js';
import { scheduleFactor } from '../../loop/schedule.js';
import type { ScheduleConfig } from '../../loop/schedule.js';
import { namesOfParts } from '../starting-weights.js';
import { randomPixels, randomShare } from '../../losses/hard-example-loss.js';
import { cascadeObjective, flowObjective, isFlowWeight, middleRestoration } from './video-objectives.js';
import { changeVideoPaths, videoRunConfigField } from './video-run.js';
import type { RenderedWindowSource, VideoRunConfig } from './video-run.js';
import { videoStartingWeights } from './video-starting-weights.js';

/**
 * The network of Pan et al. 2020: first its flow network on layers that move over each other, then the whole
 * cascade, with a learning rate for each of its two networks (section 4).
 */
export const videoDeblurDefinition: SystemDefinition<VideoRunConfig> = {
  field: videoRunConfigField,
  changePaths: changeVideoPaths,
  open: openVideoDeblur,
};

/** Flows are learned on scenes of so many frames, from the middle one to the others, in turn. */
const sceneFrames = 5;
const sceneMiddle = 2;
const flowTargets = [1, 3, 0, 4];
/**
 * A distance between the moments of an exposure that leaves its frames alone: nothing needs the blurred
 * photograph.
 */
const unblurred = 1000;

function openVideoDeblur(config: VideoRunConfig): TrainingSystem {
  const { network, optimizer, validation, flowPretraining } = config;
  return {
    weightShapes: videoDeblurFamily.shapesOf(network),
    startingWeights: () => videoStartingWeights(config),
    optimizer,
    phases: [...(flowPretraining ? [flowPhase(config, flowPretraining)] : []), cascadePhase(config)],
    restoration: middleRestoration(network, validation.sizePixels),
    readValidationSamples: () => validationWindows(config),
    writeWeights: (weights, metadata) =>
      videoDeblurFamily.writeWeights(weights, network, { dtype: 'float32', metadata }),
  };
}

function flowPhase(
  { network, data: { sizePixels }, seed }: VideoRunConfig,
  layers: NonNullable<VideoRunConfig['flowPretraining']>,
): Phase {
  const { folder, workers, batchSize, steps, cameraPixels, objectPixels } = layers;
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
        learningRate: (step) => layers.learningRate * scheduleFactor(schedule, step, steps),
      },
    ],
    batchesFrom: async function* (firstSample): AsyncGenerator<Batch, void, void> {
      // Scenes are dear and flows cheap, so every batch of scenes serves for all of them in turn.
      const [turns, firstBatch] = [flowTargets.length, firstSample / batchSize];
      const scenes = {
        folder,
        workers,
        sizePixels,
        frames: sceneFrames,
        cameraPixels,
        objectPixels,
        stepPixels: unblurred,
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
            first: cut(frames, sceneFrames, sceneMiddle, 1, sizePixels, 3),
            second: cut(frames, sceneFrames, target, 1, sizePixels, 3),
            flowPixels: cut(flowsPixels, sceneFrames, target, 1, sizePixels, 2),
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
}: VideoRunConfig): Phase {
  const [{ sizePixels }, length] = [data, windowFrames(network)];
  const factor = (step: number) => scheduleFactor({ kind: 'step', ...schedule }, step, steps);
  const names = Object.keys(videoDeblurFamily.shapesOf(network));
  const trained = trainedParts === null ? names : namesOfParts(names, trainedParts, 'trainedParts');
  // What stands still need not be differentiated.
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
        sources: videoSources(data),
        windowFrames: length,
        batchSize,
        seed,
        firstSample: start,
      })) {
        yield {
          blurred,
          gt: cut(gt, length, 1, length - 2, sizePixels, 3),
          randomMask: randomPixels(randomShare, batchSize, sizePixels, seed, firstSample),
        };
      }
    },
  };
}

/** @throws if a source is rendered, which this machine's processor does not do for windows. */
function videoSources({
  sources,
}: VideoRunConfig['data']): Exclude<VideoRunConfig['data']['sources'][number], RenderedWindowSource>[] {
  return sources.map((source, index) => {
    if ('kind' in source) {
      throw new Error(
        `Expected sources of videos but 'data.sources[${index}]' is of kind '${source.kind}', of which windows are made on the device only; set 'synthesis: device'.`,
      );
    }
    return source;
  });
}

const flowWeights = (network: VideoRunConfig['network']): string[] =>
  Object.keys(videoDeblurFamily.shapesOf(network)).filter(isFlowWeight);

/** Always the same windows. */
async function validationWindows({
  network,
  validation: { folder, videos, count, sizePixels, exposureFrames, strideFrames, seed },
}: VideoRunConfig): Promise<ValidationSample[]> {
  const samples: ValidationSample[] = [];
  const length = windowFrames(network);
  const image = (window: Float32Array) => ({
    width: sizePixels,
    height: sizePixels,
    data: cut(window, length, (length - 1) / 2, 1, sizePixels, 3),
  });
  for await (const { blurred, gt } of videoWindowBatches({
    sources: [{ folder, videos, exposureFrames, steadyShare: 1, strideFrames, halvedShare: 0 }],
    sizePixels,
    windowFrames: length,
    batchSize: 1,
    seed,
    cacheMegabytes: 64,
  })) {
    samples.push({ input: blurred, blurred: image(blurred), frames: [image(gt)] });
    if (samples.length === count) break;
  }
  return samples;
}

/**
 * `count` frames from the `first` on of every clip in a batch of clips of `length` frames: `[B, length, S, S,
 * C]` to `[B, count, S, S, C]`.
 */
function cut(
  clips: Float32Array,
  length: number,
  first: number,
  count: number,
  size: number,
  channels: number,
): Float32Array {
  const frame = size * size * channels;
  const batch = clips.length / (length * frame);
  const frames = new Float32Array(batch * count * frame);
  for (let sample = 0; sample < batch; sample++) {
    frames.set(
      clips.subarray((sample * length + first) * frame, (sample * length + first + count) * frame),
      sample * count * frame,
    );
  }
  return frames;
}
