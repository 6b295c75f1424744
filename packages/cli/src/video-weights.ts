import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';

export interface VideoWeightsOptions {
  /** A `.safetensors` file of a video-deblurring network. */
  weights: string;
}

/** Adds `--weights` to a command on videos. */
export function addVideoWeightsOption(command: Command): Command {
  return command.requiredOption('--weights <file>', 'weights of a video-deblurring network: trained with unblur train, or imported with unblur import cdvd-tsp');
}

/** As a plain array: a Buffer's `slice` does not copy. */
export async function readVideoWeights({ weights }: VideoWeightsOptions): Promise<Uint8Array> {
  return new Uint8Array(await readFile(weights));
}
