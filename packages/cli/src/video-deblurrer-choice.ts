import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { VideoDeblurrer } from '@unblur/inference';
import { defaultVideoWeights } from '@unblur/weights/video';
import type { Command } from 'commander';
import { addRunOptions, type RunOptions } from './run-options.js';
import { noteSlowRuntime } from './slow-runtime-note.js';
import { readWeightsFile } from './weights-choice.js';

/** What a command line says about how videos are deblurred. */
export interface VideoDeblurrerOptions extends RunOptions {
  /** A `.safetensors` file of a video-deblurring network, or the name of the bundled one. */
  weights?: string;
  /** With the mirror image. */
  mirrored?: boolean;
}

export interface ChosenVideoDeblurrer {
  /** How to call the weights in results. */
  weightsName: string;
  weights: Uint8Array;
  deblurrer: VideoDeblurrer;
}

/** Adds `--threads`, `--json`, `--weights` and `--mirrored` to a command on videos. */
export function addVideoDeblurrerOptions(command: Command): Command {
  return addRunOptions(command)
    .option(
      '--weights <file>',
      `weights of a video-deblurring network: trained with unblur train, or imported with unblur import cdvd-tsp (default: the bundled ${defaultVideoWeights.name})`,
    )
    .option(
      '--mirrored',
      'deblur each frame together with its mirror image and take the mean: a little better, in almost twice the time',
    );
}

/**
 * Makes the deblurrer that the options describe, of the bundled weights where they name none.
 *
 * @param memoryBudgetBytes Frames for which the network would need more are deblurred in tiles; the default
 * where left out.
 */
export async function openChosenVideoDeblurrer(
  { weights: given, threads, mirrored }: VideoDeblurrerOptions,
  memoryBudgetBytes?: number,
): Promise<ChosenVideoDeblurrer> {
  const { name, url } = defaultVideoWeights;
  const file = given === name && !existsSync(given) ? undefined : given;
  const weights = await readWeightsFile(file ?? fileURLToPath(url));
  await noteSlowRuntime();
  const { createVideoDeblurrer } = await import('@unblur/inference');
  return {
    weightsName: file ?? name,
    weights,
    deblurrer: createVideoDeblurrer({ weights, threads, mirrored, memoryBudgetBytes }),
  };
}
