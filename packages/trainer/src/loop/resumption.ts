import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { totalSteps } from '../training-system.js';
import type { TrainingSystem } from '../training-system.js';
import { readCheckpoint } from './checkpoint.js';
import type { Checkpoint } from './checkpoint.js';
import { differingWeight } from './learned-state.js';
import { runFiles } from './run-folder.js';

/**
 * The last checkpoint of a run's folder, to go on from.
 * @throws if there is none, or it is of another network or beyond the run's last step.
 */
export function checkpointToResume(system: TrainingSystem, runFolder: string): Checkpoint {
  const checkpoint = checkpointOfNetwork(system, runFolder);
  const { step } = checkpoint;
  if (step > totalSteps(system)) {
    throw new Error(
      `Expected a checkpoint within the run's ${totalSteps(system)} steps at '${join(runFolder, runFiles.checkpoint)}' but it is at step ${step}; raise 'steps', or choose another folder.`,
    );
  }
  return checkpoint;
}

/** As `checkpointToResume`, however many steps the run has: by the clock, it may take any number. */
export function checkpointOfNetwork(system: TrainingSystem, runFolder: string): Checkpoint {
  const file = join(runFolder, runFiles.checkpoint);
  const checkpoint = readCheckpoint(file);
  if (!checkpoint) {
    throw new Error(
      `Expected a checkpoint to resume from at '${file}' but there is none; start the run without resuming.`,
    );
  }
  const differing = differingWeight(checkpoint.weights, system.weightShapes);
  if (differing) {
    const found = `'${differing.name}' is ${differing.there} there and ${differing.here} in the run file's`;
    throw new Error(
      `Expected a checkpoint of the run file's network at '${file}' but it is of another: ${found}; resume with the network of '${join(runFolder, runFiles.config)}', or choose another folder.`,
    );
  }
  return checkpoint;
}

/** Puts the log back where a session on the device that failed, or was killed, has left it in its results. */
export function bringBackLog(runFolder: string): void {
  const [log, left] = [
    join(runFolder, runFiles.metrics),
    join(runFolder, runFiles.results, runFiles.metrics),
  ];
  if (!existsSync(log) && existsSync(left)) renameSync(left, log);
}
