import type { Restorer } from '@unblur/inference';
import type { Command } from 'commander';
import { addWeightsOptions, readChosenWeights, type WeightsOptions } from './weights-choice.js';

/** What a command line says about how photographs are restored. */
export interface RestorerOptions extends WeightsOptions {
  threads?: number;
  /** With the mirror image. */
  mirrored?: boolean;
}

export interface ChosenRestorer {
  /** How to call the weights in results. */
  weightsName: string;
  restorer: Restorer;
}

/** Adds `--weights`, `--preset` and `--mirrored` to a command. */
export function addRestorerOptions(command: Command): Command {
  return addWeightsOptions(command).option('--mirrored', 'restore each photograph together with its mirror image and take the mean: up to 0.1 dB better, in twice the time');
}

/**
 * Makes the restorer that the options describe, of the default weights where they name none.
 *
 * @param frames how many of the network's frames to restore. Default: all.
 * @throws Error that says what there is when they name nothing that exists.
 */
export async function openChosenRestorer({ threads, mirrored, ...choice }: RestorerOptions, frames?: number): Promise<ChosenRestorer> {
  const { name, bytes } = await readChosenWeights(choice);
  const { createRestorer } = await import('@unblur/inference');
  return { weightsName: name, restorer: await createRestorer({ weights: bytes, threads, frames, mirrored }) };
}
