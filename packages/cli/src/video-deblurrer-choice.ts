import type { OnnxRuntimeEngineName, Precision, VideoDeblurrer } from '@unblur/inference';
import { defaultWeightsName } from '@unblur/weights';
import { defaultVideoWeights } from '@unblur/weights/video';
import type { Command } from 'commander';
import { addRunOptions, type RunOptions } from './run-options.js';
import { offerNames } from './shell-completion.js';
import { noteSlowRuntime } from './slow-runtime-note.js';
import {
  namesOf,
  namesOfAllNetworks,
  openNaming,
  readWeightsOfAnyNetwork,
  type ChosenWeights,
} from './weights-choice.js';

/** One looks at the frames beside each, the other knows more of a frame by itself. */
const defaultNames = [defaultVideoWeights.name, defaultWeightsName];

/** What a command line says about how videos are deblurred. */
export interface VideoDeblurrerOptions extends RunOptions {
  /**
   * `.safetensors` files of networks for video or of the photo network, or names of bundled weights; what
   * several networks make of a frame is averaged.
   */
  weights?: string[];
  engine: OnnxRuntimeEngineName;
  precision: Precision;
  /** With the mirror image. */
  mirrored?: boolean;
}

export interface ChosenVideoDeblurrer {
  weights: ChosenWeights[];
  deblurrer: VideoDeblurrer;
}

/** Adds `--threads`, `--json`, `--precision`, `--weights`, `--engine` and `--mirrored` to a command on videos. */
export function addVideoDeblurrerOptions(command: Command): Command {
  return addRunOptions(command)
    .addOption(
      offerNames(
        command
          .createOption(
            '--weights <file|name>',
            `weights to use: ${defaultVideoWeights.name} (uses the neighbouring frames too), ${defaultWeightsName} (restores every frame by itself, as a photograph), or a .safetensors file of a network for video or photographs, trained with unblur train or imported with unblur import cdvd-tsp; if given several times, the results are averaged, the first trusted most (default: ${defaultNames.join(' and ')})`,
          )
          .argParser((value: string, before: string[] = []) => [...before, value]),
        namesOfAllNetworks,
      ),
    )
    .addOption(
      command
        .createOption(
          '--engine <name>',
          'engine to compute with; onnxruntime-webgpu computes on a graphics device, in float32',
        )
        .choices(['onnxruntime', 'onnxruntime-webgpu'] satisfies OnnxRuntimeEngineName[])
        .default('onnxruntime'),
    )
    .option('--mirrored', 'average each frame with a mirrored pass: slightly better, almost twice the time');
}

/**
 * Makes the deblurrer that the options describe, of the bundled weights where they name none.
 *
 * @param memoryBudgetBytes Frames for which the network would need more are deblurred in tiles; the default
 * where left out.
 */
export async function openChosenVideoDeblurrer(
  { weights: given = defaultNames, engine, threads, precision, mirrored }: VideoDeblurrerOptions,
  memoryBudgetBytes?: number,
): Promise<ChosenVideoDeblurrer> {
  const weights = await Promise.all(given.map(readWeightsOfAnyNetwork));
  if (engine === 'onnxruntime') await noteSlowRuntime();
  const { createVideoDeblurrer } = await import('@unblur/inference');
  return {
    weights,
    deblurrer: await openNaming(namesOf(weights), () =>
      createVideoDeblurrer({
        weights: weights.map(({ bytes }) => bytes),
        engine,
        threads,
        precision,
        mirrored,
        memoryBudgetBytes,
      }),
    ),
  };
}
