import { expectResidualUNet } from '../parts/residual-unet.js';
import type { ResidualUNetConfig } from '../parts/residual-unet.js';
import { maxChannels, maxLayers, expectMapping, expectWholeNumber } from '../weights/config-checks.js';

/** Everything that decides the shape of the photo network. Plain JSON. */
export interface PhotoConfig extends ResidualUNetConfig {
  /** Channels and residual blocks, at 1/4, of what finds the trajectory. */
  trajectoryChannels: number;
  trajectoryBlocks: number;
  /** Channels and residual blocks, at 1/2, of what makes the frame at one time. */
  frameChannels: number;
  frameBlocks: number;
}

/**
 * The network that is shipped: 11.6 million parameters, 434 thousand multiply-adds per pixel for seven
 * frames.
 */
export const photoPreset: PhotoConfig = {
  channels: [64, 128, 192, 256],
  encoderBlocks: [2, 2, 3],
  bottleneckBlocks: 4,
  decoderBlocks: [2, 2, 3],
  trajectoryChannels: 64,
  trajectoryBlocks: 2,
  frameChannels: 48,
  frameBlocks: 2,
};

/** @throws with the field, what it may be and what it was. */
export function validatePhotoConfig(config: PhotoConfig): void {
  expectMapping(config, '', Object.keys(photoPreset));
  expectResidualUNet(config);
  for (const field of ['trajectoryChannels', 'frameChannels'] as const) {
    expectWholeNumber(config[field], field, [1, maxChannels]);
  }
  for (const field of ['trajectoryBlocks', 'frameBlocks'] as const) {
    expectWholeNumber(config[field], field, [1, maxLayers]);
  }
}
