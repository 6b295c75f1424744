import {
  maxChannels,
  maxLayers,
  expectMapping,
  expectWholeNumber,
  expectWholeNumbers,
} from '../weights/config-checks.js';

/** Everything that decides the shape of the photo network. Plain JSON. */
export interface PhotoConfig {
  /** Channels at 1/2, 1/4, 1/8 and 1/16 of the photograph. */
  channels: [number, number, number, number];
  /** Residual blocks of the encoder at 1/2, 1/4 and 1/8. */
  encoderBlocks: [number, number, number];
  /** Residual blocks at 1/16. */
  bottleneckBlocks: number;
  /** Residual blocks of the decoder at 1/2, 1/4 and 1/8. */
  decoderBlocks: [number, number, number];
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
  expectMapping(config, '');
  expectWholeNumbers(config.channels, 'channels', [4, 4], [1, maxChannels]);
  for (const field of ['encoderBlocks', 'decoderBlocks'] as const) {
    expectWholeNumbers(config[field], field, [3, 3], [1, maxLayers]);
  }
  for (const field of ['trajectoryChannels', 'frameChannels'] as const) {
    expectWholeNumber(config[field], field, [1, maxChannels]);
  }
  for (const field of ['bottleneckBlocks', 'trajectoryBlocks', 'frameBlocks'] as const) {
    expectWholeNumber(config[field], field, [1, maxLayers]);
  }
}
