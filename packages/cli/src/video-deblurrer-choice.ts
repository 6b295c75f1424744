import type { VideoDeblurrer } from '@unblur/inference';
import { defaultWeightsName } from '@unblur/weights';
import { defaultVideoWeights } from '@unblur/weights/video';
import type { Command } from 'commander';
import { addRunOptions, type RunOptions } from './run-options.js';
import { offerNames } from './shell-completion.js';
import { noteSlowRuntime } from './slow-runtime-note.js';
import { namesOfAllNetworks, openNaming, readWeightsOfAnyNetwork } from './weights-choice.js';

/** What a command line says about how videos are deblurred. */
export interface VideoDeblurrerOptions extends RunOptions {
  /** A `.safetensors` file of a network for video or of the photo network, or the name of bundled weights. */
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

/** Adds `--threads`, `--json`, `--precision`, `--weights` and `--mirrored` to a command on videos. */
export function addVideoDeblurrerOptions(command: Command): Command {
  return addRunOptions(command)
    .addOption(
      offerNames(
        command.createOption(
          '--weights <file|name>',
          `weights to use: ${defaultVideoWeights.name} (default), ${defaultWeightsName} (restores every frame by itself, as a photograph), or a .safetensors file of a network for video or photographs, trained with unblur train or imported with unblur import cdvd-tsp`,
        ),
        namesOfAllNetworks,
      ),
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
  { weights: given = defaultVideoWeights.name, threads, precision, mirrored }: VideoDeblurrerOptions,
  memoryBudgetBytes?: number,
): Promise<ChosenVideoDeblurrer> {
  const { name, bytes: weights } = await readWeightsOfAnyNetwork(given);
  await noteSlowRuntime();
  const { createVideoDeblurrer } = await import('@unblur/inference');
  return {
    weightsName: name,
    weights,
    deblurrer: await openNaming(name, () =>
      createVideoDeblurrer({ weights, threads, precision, mirrored, memoryBudgetBytes }),
    ),
  };
}
