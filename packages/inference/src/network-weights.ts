import { readWeights } from '@unblur/core-model';
import { firstLine, UnblurError } from './unblur-error.js';

/** Reads a weights file. @throws UnblurError when the weights do not hold together. */
export function readNetwork(weights: Uint8Array): ReturnType<typeof readWeights> {
  try {
    return readWeights(weights);
  } catch (cause) {
    throw new UnblurError(`These weights cannot be used. ${firstLine((cause as Error).message)}`, { cause });
  }
}
