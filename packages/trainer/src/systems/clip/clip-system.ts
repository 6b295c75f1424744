import type { Tensor1D, Tensor5D } from '@tensorflow/tfjs-core';
import { clipFamily, clipFrames, clipMotionStridePixels, photoFamily } from '@unblur/core-model';
import type { ClipConfig } from '@unblur/core-model';
import { videoWindowBatches } from '@unblur/datasets';
import { scheduleFactor } from '../../loop/schedule.js';
import type { SystemDefinition } from '../../run-file/run-file.js';
import type { Batch, Objective, Phase, Restoration, TrainingSystem } from '../../training-system.js';
import { timeSlices } from '../samples/sample-batch.js';
import { recordedSources, sliceClips, validationWindows } from '../samples/window-samples.js';
import { startingWeights } from '../starting-weights.js';
import { clipLoss } from './clip-loss.js';
import { clipRunField } from './clip-run.js';
import type { ClipRun } from './clip-run.js';

/** The clip network: one phase, its weights in the groups of `groupsOf`. */
export const clipDefinition: SystemDefinition<ClipRun> = {
  field: clipRunField,
  open: openClipSystem,
};

function openClipSystem(config: ClipRun): TrainingSystem {
  const { network, optimizer, validation, seed, initialWeights } = config;
  return {
    weightShapes: clipFamily.shapesOf(network),
    startingWeights: () => startingWeights(clipFamily, config, [photoFamily]),
    ...(initialWeights === null && { drawing: clipFamily.drawing(network, seed) }),
    optimizer,
    phases: [phaseOf(config)],
    restoration: clipRestoration(network, validation.sizePixels),
    readValidationSamples: () => validationWindows(validation, clipFrames(network)),
    writeWeights: (weights, metadata) =>
      clipFamily.writeWeights(weights, network, { dtype: 'float32', metadata }),
  };
}

function phaseOf({ network, data, loss, optimizer, schedule, steps, batchSize, seed }: ClipRun): Phase {
  const [{ sizePixels }, length] = [data, clipFrames(network)];
  const cells = sizePixels / clipMotionStridePixels;
  return {
    steps,
    batchSize,
    objective: clipObjective(network, loss, batchSize, sizePixels),
    groups: groupsOf(network, optimizer).map(({ weights, learningRate, heldShare }) => ({
      weights,
      learningRate: (step) =>
        step <= heldShare * steps ? 0 : learningRate * scheduleFactor(schedule, step, steps),
    })),
    batchesFrom: async function* (firstSample): AsyncGenerator<Batch, void, void> {
      for await (const { blurred, gt } of videoWindowBatches({
        ...data,
        sources: recordedSources(data),
        windowFrames: length,
        batchSize,
        seed,
        firstSample,
      })) {
        yield {
          blurred,
          gt: sliceClips(gt, { frames: length, sizePixels, channels: 3 }, 1, length - 2),
          // Recorded windows do not know how the scene moved.
          ...(loss.motion !== 0 && {
            motionsPixels: new Float32Array(batchSize * length * cells * cells * 2),
            motionKnown: new Float32Array(batchSize),
          }),
        };
      }
    },
  };
}

/**
 * The photo network's weights, and those for the neighbours: each group has a learning rate, and a norm to
 * which its gradients are clipped, of its own, so that what is new learns fast while what has been trained
 * does not forget.
 */
function groupsOf(
  network: ClipConfig,
  { learningRate, neighbourhoodLearningRate, heldShare }: ClipRun['optimizer'],
): { weights: string[]; learningRate: number; heldShare: number }[] {
  const ofOneFrame = clipFamily.shapesOf({ ...network, neighbours: 'none' });
  const [itself, neighbourhood] = [true, false].map((wanted) =>
    Object.keys(clipFamily.shapesOf(network)).filter((name) => name in ofOneFrame === wanted),
  );
  return [
    { weights: itself!, learningRate, heldShare },
    { weights: neighbourhood!, learningRate: neighbourhoodLearningRate ?? learningRate, heldShare: 0 },
  ].filter(({ weights }) => weights.length > 0);
}

/**
 * What is minimized; see `clipLoss`. A batch is `blurred` `[B, N, S, S, 3]`, `gt` of all but the first and
 * the last of these frames, and, where motion counts, `motionsPixels` `[B, N, S/4, S/4, 2]` and `motionKnown`
 * `[B]`.
 */
function clipObjective(
  config: ClipConfig,
  loss: ClipRun['loss'],
  batchSize: number,
  sizePixels: number,
): Objective {
  const network = clipFamily.declare(config);
  const cells = sizePixels / clipMotionStridePixels;
  const clip = (frames: number, size: number, channels: number) => [batchSize, frames, size, size, channels];
  const frames = clipFrames(config);
  return {
    batchShapes: {
      blurred: clip(frames, sizePixels, 3),
      gt: clip(frames - 2, sizePixels, 3),
      ...(loss.motion !== 0 && { motionsPixels: clip(frames, cells, 2), motionKnown: [batchSize] }),
    },
    loss: (inputs) =>
      clipLoss(
        network.deblur(timeSlices(inputs['blurred'] as Tensor5D), inputs),
        {
          frames: timeSlices(inputs['gt'] as Tensor5D),
          motionsPixels: loss.motion === 0 ? [] : timeSlices(inputs['motionsPixels'] as Tensor5D),
          motionKnown: inputs['motionKnown'] as Tensor1D,
        },
        loss,
      ),
  };
}

/** The middle frame of a window `[1, N, S, S, 3]`. */
function clipRestoration(config: ClipConfig, sizePixels: number): Restoration {
  const network = clipFamily.declare(config);
  return {
    blurredShape: [1, clipFrames(config), sizePixels, sizePixels, 3],
    restore: (blurred, weights) => ({
      frames: [network.deblur(timeSlices(blurred as Tensor5D), weights).at(-1)![0]!.image],
    }),
  };
}
