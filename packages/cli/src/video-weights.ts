import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defaultVideoWeights } from '@unblur/weights/video';
import type { Command } from 'commander';
import type { ChosenWeights } from './weights-choice.js';

export interface VideoWeightsOptions {
  /** A `.safetensors` file of a video-deblurring network. */
  weights?: string;
}

/** Adds `--weights` to a command on videos. */
export function addVideoWeightsOption(command: Command): Command {
  return command.option('--weights <file>', `weights of a video-deblurring network: trained with unblur train, or imported with unblur import cdvd-tsp (default: the bundled ${defaultVideoWeights.name})`);
}

/** Reads the weights that the option names; the bundled ones where it names none. */
export async function readVideoWeights({ weights }: VideoWeightsOptions): Promise<ChosenWeights> {
  const { name, url } = defaultVideoWeights;
  // As a plain array: a Buffer's `slice` does not copy.
  return { name: weights ?? name, bytes: new Uint8Array(await readFile(weights ?? fileURLToPath(url))) };
}
