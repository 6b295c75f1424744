import {
  clipFamily,
  photoFamily,
  readSafetensorsMetadata,
  videoDeblurFamily,
  type SafetensorsBytes,
} from '@unblur/core-model';
import { UnblurError } from '@unblur/files/file-error';
import { describeOtherNetwork, explainWeights, UnusableWeightsError } from '../unusable-weights.js';
import { averageNetworks } from './network-averaging.js';
import { readClipNetwork } from './clip-network.js';
import { readFrameByFrame } from './frame-by-frame.js';
import { readVideoDeblurNetwork } from './video-deblur-network.js';
import type { VideoNetwork } from './video-network.js';

/** The bytes of one `.safetensors` file, or of several whose networks are averaged. */
export type VideoWeights = SafetensorsBytes | readonly SafetensorsBytes[];

const families = [
  { configKey: videoDeblurFamily.configKey, read: readVideoDeblurNetwork },
  { configKey: clipFamily.configKey, read: readClipNetwork },
  { configKey: photoFamily.configKey, read: readFrameByFrame },
];

/**
 * Whether weights are of a network that uses several frames of a video, by their header. @throws UnblurError
 * if they have no header.
 */
export function isForVideo(weights: SafetensorsBytes): boolean {
  const metadata = explainWeights(() => readSafetensorsMetadata(weights));
  return [videoDeblurFamily, clipFamily].some(({ configKey }) => Object.hasOwn(metadata, configKey));
}

/**
 * Reads the weights of a network that restores video, or of several to average: each file names its family.
 *
 * @param mirrored whether frames are the mean of what a network makes of them and of their mirror images.
 * @throws UnblurError when they are of another network, invalid, or cannot be averaged.
 */
export function readVideoNetworks(weights: VideoWeights, mirrored: boolean): VideoNetwork {
  const list = listOfWeights(weights);
  const networks = list.map((ofOne, index) =>
    list.length === 1 ? readVideoNetwork(ofOne, mirrored) : readNumbered(index + 1, ofOne, mirrored),
  );
  return networks.length === 1 ? networks[0]! : explainWeights(() => averageNetworks(networks));
}

/** @throws UnblurError that says which of several it is. */
function readNumbered(number: number, weights: SafetensorsBytes, mirrored: boolean): VideoNetwork {
  try {
    return readVideoNetwork(weights, mirrored);
  } catch (cause) {
    if (!(cause instanceof UnusableWeightsError)) throw cause;
    throw new UnusableWeightsError(`Number ${number} of them: ${cause.reason}`, { cause });
  }
}

/** @throws UnblurError where there are none. */
export function listOfWeights(weights: VideoWeights): readonly SafetensorsBytes[] {
  const list = isList(weights) ? weights : [weights];
  if (list.length === 0) throw new UnblurError('Expected weights but received an empty list');
  return list;
}

function readVideoNetwork(weights: SafetensorsBytes, mirrored: boolean): VideoNetwork {
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

const isList = (weights: VideoWeights): weights is readonly SafetensorsBytes[] => Array.isArray(weights);
