import type { Restorer } from '@unblur/inference';
import type { Command } from 'commander';
import { addRunOptions, type RunOptions } from './run-options.js';
import { addWeightsOptions, readChosenWeights, type WeightsOptions } from './weights-choice.js';

/** What a command line says about how photographs are restored. */
export interface RestorerOptions extends WeightsOptions, RunOptions {
  /** With the mirror image. */
  mirrored?: boolean;
}

export interface ChosenRestorer {
  /** How to call the weights in results. */
  weightsName: string;
  restorer: Restorer;
}

/** Adds `--threads`, `--json`, `--weights`, `--preset` and `--mirrored` to a command. */
export function addRestorerOptions(command: Command): Command {
  return addWeightsOptions(addRunOptions(command)).option('--mirrored', 'restore each photograph together with its mirror image and take the mean: up to 0.1 dB better, in twice the time');
}

/**
 * Makes the restorer that the options describe, of the default weights where they name none.
 *
 * @param frames how many of the network's frames to restore. Default: all.
 * @throws Error that says what there is when they name nothing that exists.
 */
export async function openChosenRestorer(options: RestorerOptions, frames?: number): Promise<ChosenRestorer> {
  const { name, bytes } = await readChosenWeights(options);
  const { createRestorer } = await import('@unblur/inference');
  return { weightsName: name, restorer: await createRestorer({ weights: bytes, threads: options.threads, frames, mirrored: options.mirrored }) };
}
