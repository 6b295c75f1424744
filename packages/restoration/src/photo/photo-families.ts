import type { SafetensorsBytes } from '@unblur/core-model';
import { explainWeights } from '../unusable-weights.js';
import { fixedTimesFrameNetwork } from './fixed-times-frame-network.js';
import { readFixedTimesNetwork } from './fixed-times-network.js';
import type { FrameNetwork } from './frame-network.js';
import { photoFrameNetwork } from './photo-frame-network.js';

/**
 * Reads the weights of a network for photographs: the file says which one. @throws UnblurError when they are
 * invalid.
 */
export function readFrameNetwork(weights: SafetensorsBytes): FrameNetwork {
  return explainWeights(() => {
    const fixed = readFixedTimesNetwork(weights);
    return fixed ? fixedTimesFrameNetwork(fixed) : photoFrameNetwork(weights);
  });
}
