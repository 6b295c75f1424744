import { displacementAt, frameTimes, photoFamily, trajectoryStridePixels } from '@unblur/core-model';
import type { NamedTensors, PhotoConfig, PhotoNetwork, PhotoRestoration } from '@unblur/core-model';
import { concat, neg, reshape, slice, split, tile } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import type { FrameOrder } from '../../losses/frame-order.js';
import type { SystemDefinition } from '../../run-file/run-file.js';
import { openSampleSystem } from '../samples/sample-system.js';
import type { SampleStage } from '../samples/sample-system.js';
import { photoRunField } from './photo-run.js';
import type { PhotoRun } from './photo-run.js';
import { groundTruthOf, sampleShapes, timeSlices } from '../samples/sample-batch.js';
import type { SampleContents, SampleSizes } from '../samples/sample-batch.js';
import type { LearningTask, Objective } from '../../training-system.js';
import { photoDeviceLoss, photoLoss } from './photo-loss.js';
import type { PhotoLossConfig } from './photo-loss.js';

/**
 * The photo network: frames in the canonical order for a first share of the run, so that one of the two
 * answers is learned, then in the better one.
 */
export const photoDefinition: SystemDefinition<PhotoRun> = {
  field: photoRunField,
  open: (run) =>
    openSampleSystem(run, { family: photoFamily, network: run.network, stages: photoStages(run) }),
};

function photoStages(run: PhotoRun): SampleStage[] {
  return run.synthesis === 'device' ? [deviceStage(run)] : orderStages(run);
}

function orderStages({ network, frames, loss, steps, batchSize, data, validation }: PhotoRun): SampleStage[] {
  const stage = (order: FrameOrder, stageSteps: number): SampleStage => {
    const objective = { frames, order, loss };
    return {
      steps: stageSteps,
      contents: photoContents(objective),
      task: photoTask(network, objective, {
        batchSize,
        sizePixels: data.sizePixels,
        validationSizePixels: validation.sizePixels,
      }),
    };
  };
  const canonicalSteps = Math.round(loss.canonicalShare * steps);
  return [stage('canonical', canonicalSteps), stage('better', steps - canonicalSteps)].filter(
    ({ steps: stageSteps }) => stageSteps > 0,
  );
}

/**
 * On the device, samples come in the canonical order for as long as that counts, so that one graph serves the
 * whole run.
 */
function deviceStage({
  network,
  frames,
  loss,
  steps,
  batchSize,
  data,
  device,
  validation,
}: PhotoRun): SampleStage {
  const framesPerStep = device.framesPerStep ?? frames;
  const middle = (frames - 1) / 2;
  const [middleWeight, otherWeight] = [loss.frameWeights[middle]!, loss.frameWeights[0]!];
  // Each of the frames compared stands for those that are not.
  const standsFor = (frames - 1) / (framesPerStep - 1);
  const frameWeights =
    framesPerStep === frames
      ? loss.frameWeights
      : Array.from({ length: framesPerStep }, (_, index) =>
          index === (framesPerStep - 1) / 2 ? middleWeight : otherWeight * standsFor,
        );
  return {
    steps,
    contents: { frames, withMotion: loss.motion !== 0 },
    task: photoDeviceTask(network, { framesPerStep, loss: { ...loss, frameWeights } }, frames, {
      batchSize,
      sizePixels: data.sizePixels,
      validationSizePixels: validation.sizePixels,
    }),
  };
}

/** How the photo network is trained for a while. */
export interface PhotoObjective {
  /** Frames of each sample, evenly over the exposure: the network has none of its own. */
  frames: number;
  order: FrameOrder;
  loss: PhotoLossConfig;
}

/** How it is trained on samples made on the device. */
export interface PhotoDeviceObjective {
  /** Frames compared in each step, of which the middle one is the sample's; odd. */
  framesPerStep: number;
  loss: PhotoLossConfig;
}

/** What a batch must hold. */
function photoContents({ frames, order, loss: { motion } }: PhotoObjective): SampleContents {
  return { frames, withMotion: motion !== 0 || order === 'canonical' };
}

/** What an engine computes to train the photo network, all its weights in one group. */
export function photoTask(config: PhotoConfig, objective: PhotoObjective, sizes: SampleSizes): LearningTask {
  const network = photoFamily.declare(config);
  const times = frameTimes(objective.frames);
  const contents = photoContents(objective);
  return taskOf(network, objective.frames, sizes, {
    batchShapes: sampleShapes(contents, sizes.batchSize, sizes.sizePixels),
    loss: (inputs) =>
      photoLoss(
        network.restore(inputs['blurred'] as Tensor4D, times, inputs),
        times,
        groundTruthOf(inputs, contents),
        objective.order,
        objective.loss,
      ),
  });
}

/**
 * The same on samples made on the device. Which of a sample's frames are compared changes from step to step,
 * so their times are part of the batch: pairs about the middle one, in time order; and the true motion of
 * each is known, not that of the last one alone.
 *
 * @param frames restored in validation.
 */
export function photoDeviceTask(
  config: PhotoConfig,
  { framesPerStep, loss }: PhotoDeviceObjective,
  frames: number,
  sizes: SampleSizes,
): LearningTask {
  const network = photoFamily.declare(config);
  const { batchSize, sizePixels } = sizes;
  const cells = sizePixels / trajectoryStridePixels;
  const clip = (rows: number, channels: number) => [batchSize, framesPerStep, rows, rows, channels];
  return taskOf(network, frames, sizes, {
    batchShapes: {
      blurred: [batchSize, sizePixels, sizePixels, 3],
      frames: clip(sizePixels, 3),
      framesKnown: [batchSize, framesPerStep],
      times: [framesPerStep],
      orderKnown: [batchSize],
      ...(loss.motion !== 0 && { motionsPixels: clip(cells, 2), motionKnown: [batchSize] }),
    },
    loss: (inputs) => {
      const known = split(inputs['framesKnown'] as Tensor2D, framesPerStep, 1).map(
        (column) => reshape(column, [batchSize]) as Tensor1D,
      );
      const gt = {
        frames: timeSlices(inputs['frames'] as Tensor5D),
        framesKnown: known,
        motionsPixels: loss.motion === 0 ? [] : timeSlices(inputs['motionsPixels'] as Tensor5D),
        motionKnown: inputs['motionKnown'] as Tensor1D,
        orderKnown: inputs['orderKnown'] as Tensor1D,
      };
      return photoDeviceLoss(
        restoreAtOnce(network, inputs['blurred'] as Tensor4D, inputs['times'] as Tensor1D, inputs),
        gt,
        loss,
      );
    },
  });
}

function taskOf(
  network: PhotoNetwork,
  frames: number,
  { validationSizePixels: size }: SampleSizes,
  objective: Objective,
): LearningTask {
  const weightShapes = photoFamily.shapesOf(network.config);
  return {
    weightShapes,
    groups: [Object.keys(weightShapes)],
    objective,
    restoration: {
      blurredShape: [1, size, size, 3],
      restore: (blurred, weights) => network.restore(blurred as Tensor4D, frameTimes(frames), weights),
    },
  };
}

/**
 * Frames and motions at times of which the middle one is 0, all but that one rendered as one batch: one large
 * convolution in place of many, and a graph that compiles sooner.
 */
function restoreAtOnce(
  network: PhotoNetwork,
  blurred: Tensor4D,
  times: Tensor1D,
  weights: NamedTensors,
): Pick<PhotoRestoration, 'frames' | 'motionsPixels'> {
  const scene = network.analyze(blurred, weights);
  const [batch, count] = [blurred.shape[0], times.shape[0]];
  const middle = (count - 1) / 2;
  const others = concat([slice(times, [0], [middle]), slice(times, [middle + 1], [middle])]);
  const time = reshape(tile(reshape(others, [count - 1, 1]), [1, batch]), [
    (count - 1) * batch,
    1,
    1,
    1,
  ]) as Tensor4D;
  const repeated = (x: Tensor4D) => tile(x, [count - 1, 1, 1, 1]);
  const scenes = {
    middle: repeated(scene.middle),
    trajectory: repeated(scene.trajectory),
    feature: repeated(scene.feature),
  };
  const withMiddle = (rendered: Tensor, ofMiddle: Tensor4D): Tensor4D[] =>
    split<Tensor4D>(rendered as Tensor4D, count - 1).toSpliced(middle, 0, ofMiddle);
  const motions = neg(displacementAt(scenes.trajectory, time));
  const still = neg(displacementAt(scene.trajectory, 0)) as Tensor4D;
  return {
    frames: withMiddle(network.renderAt(scenes, time, weights), scene.middle),
    motionsPixels: withMiddle(motions, still),
  };
}
