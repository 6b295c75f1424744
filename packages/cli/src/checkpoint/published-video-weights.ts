import { fromPublishedCheckpoint, videoDeblurFamily, videoDeblurPresets } from '@unblur/core-model';
import { readTorchCheckpoint } from './torch-checkpoint.js';

/**
 * The weights of a CDVD-TSP checkpoint (Pan, Bai and Tang 2020) as the bytes of a `.safetensors` file.
 *
 * @param checkpoint the file's bytes; nothing in them is executed.
 * @param name of the file, for messages.
 * @throws if it is no checkpoint of tensors, or one of another network.
 */
export function importVideoWeights(
  checkpoint: Uint8Array,
  name: string,
  dtype: 'float16' | 'float32',
): { written: Uint8Array; tensors: number } {
  const weights = fromPublishedCheckpoint(readTensors(checkpoint, name));
  const written = videoDeblurFamily.writeWeights(weights, videoDeblurPresets.paper, {
    dtype,
    metadata: { source: 'CDVD-TSP checkpoint (Pan, Bai and Tang 2020)' },
  });
  return { written, tensors: Object.keys(weights).length };
}

function readTensors(checkpoint: Uint8Array, name: string): ReturnType<typeof readTorchCheckpoint> {
  try {
    return readTorchCheckpoint(checkpoint);
  } catch (cause) {
    throw new Error(
      `Expected a PyTorch checkpoint of tensors, but ${name} is none: ${(cause as Error).message}. Nothing in it was executed.`,
      { cause },
    );
  }
}
