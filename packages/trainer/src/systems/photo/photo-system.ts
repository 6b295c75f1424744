import { photoFamily } from '@unblur/core-model';
import type { FrameOrder } from '../../losses/frame-order.js';
import type { SystemDefinition } from '../../run-file/run-file.js';
import { changeSampleRunPaths } from '../samples/sample-run.js';
import { openSampleSystem } from '../samples/sample-system.js';
import type { SampleStage } from '../samples/sample-system.js';
import { photoRunField } from './photo-run.js';
import type { PhotoRun } from './photo-run.js';
import { photoContents, photoDeviceTask, photoTask } from './photo-task.js';

/**
 * The photo network: frames in the canonical order for a first share of the run, so that one of the two
 * answers is learned, then in the better one.
 */
export const photoDefinition: SystemDefinition<PhotoRun> = {
  field: photoRunField,
  changePaths: changeSampleRunPaths,
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
