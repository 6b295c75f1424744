import {
  clipFamily,
  photoFamily,
  readSafetensorsMetadata,
  videoDeblurFamily,
  type SafetensorsBytes,
} from '@unblur/core-model';
import { describeOtherNetwork, explainWeights } from '../network-options.js';
import { readClipNetwork } from './clip-network.js';
import { readPhotoNetwork } from './photo-network.js';
import { readVideoDeblurNetwork } from './video-deblur-network.js';
import type { VideoNetwork } from './video-network.js';

const families = [
  { configKey: videoDeblurFamily.configKey, read: readVideoDeblurNetwork },
  { configKey: clipFamily.configKey, read: readClipNetwork },
  { configKey: photoFamily.configKey, read: readPhotoNetwork },
];

/**
 * Whether weights are of a network that looks at several frames of a video, by their header. @throws
 * UnblurError where they have none.
 */
export function isForVideo(weights: SafetensorsBytes): boolean {
  const metadata = explainWeights(() => readSafetensorsMetadata(weights));
  return [videoDeblurFamily, clipFamily].some(({ configKey }) => Object.hasOwn(metadata, configKey));
}

/**
 * Reads the weights of a network that restores video: the file says of which family.
 *
 * @param mirrored whether frames are the mean of what the network makes of them and of their mirror images.
 * @throws UnblurError when they are of another network or do not hold together.
 */
export function readVideoNetwork(weights: SafetensorsBytes, mirrored: boolean): VideoNetwork {
  return explainWeights(() => {
    const metadata = readSafetensorsMetadata(weights);
    const family = families.find(({ configKey }) => Object.hasOwn(metadata, configKey));
    if (!family) {
      throw new Error(
        `Expected weights of a network for video (${videoDeblurFamily.name}, ${clipFamily.name}) or for photographs (${photoFamily.name}) but received ${describeOtherNetwork(metadata)}`,
      );
    }
    return family.read(weights, mirrored);
  });
}
