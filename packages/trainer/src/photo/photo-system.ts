import { photoFamily } from '@unblur/core-model';
import type { FrameOrder } from '../losses/frame-order.js';
import type { SystemDefinition } from '../run-file.js';
import { changeSampleRunPaths, samplePictureFolders } from '../sample-run.js';
import { openSampleSystem } from '../sample-system.js';
import type { SampleStage } from '../sample-system.js';
import { photoRunField } from './photo-run.js';
import type { PhotoRun } from './photo-run.js';
import { photoContents, photoTask } from './photo-task.js';

/** The photo network: frames in the canonical order for a first share of the run, so that one of the two answers is learned, then in the better one. */
export const photoDefinition: SystemDefinition<PhotoRun> = {
  field: photoRunField,
  changePaths: changeSampleRunPaths,
  pictureFolders: samplePictureFolders,
  open: (run) => openSampleSystem(run, { family: photoFamily, network: run.network, stages: photoStages(run) }),
};

function photoStages({ network, frames, loss, steps, batchSize, data, validation }: PhotoRun): SampleStage[] {
  const stage = (order: FrameOrder, stageSteps: number): SampleStage => {
    const objective = { frames, order, loss };
    return { steps: stageSteps, contents: photoContents(objective), task: photoTask(network, objective, { batchSize, sizePixels: data.sizePixels, validationSizePixels: validation.sizePixels }) };
  };
  const canonicalSteps = Math.round(loss.canonicalShare * steps);
  return [stage('canonical', canonicalSteps), stage('better', steps - canonicalSteps)].filter(({ steps: stageSteps }) => stageSteps > 0);
}
