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

/** The network that is shipped: 11.6 million parameters, 434 thousand multiply-adds per pixel for seven frames. */
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

/** Far above what can be trained; a file may not ask for more. */
const MAX_CHANNELS = 1024;
const MAX_BLOCKS = 32;

/** @throws with the field, what it may be and what it was. */
export function validatePhotoConfig(config: PhotoConfig): void {
  if (typeof config !== 'object' || config === null) throw new Error(`Expected the config of a photo network but received ${JSON.stringify(config)}.`);
  const expectCount = (value: unknown, field: string, most: number) => {
    if (!(Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most)) throw new Error(`Expected a whole number from 1 to ${most} for network.${field} but received ${JSON.stringify(value)}.`);
  };
  const expectCounts = (values: unknown, field: string, length: number, most: number) => {
    if (!(Array.isArray(values) && values.length === length)) throw new Error(`Expected a list of ${length} whole numbers for network.${field} but received ${JSON.stringify(values)}.`);
    values.forEach((value, index) => expectCount(value, `${field}[${index}]`, most));
  };
  expectCounts(config.channels, 'channels', 4, MAX_CHANNELS);
  expectCounts(config.encoderBlocks, 'encoderBlocks', 3, MAX_BLOCKS);
  expectCounts(config.decoderBlocks, 'decoderBlocks', 3, MAX_BLOCKS);
  for (const field of ['trajectoryChannels', 'frameChannels'] as const) expectCount(config[field], field, MAX_CHANNELS);
  for (const field of ['bottleneckBlocks', 'trajectoryBlocks', 'frameBlocks'] as const) expectCount(config[field], field, MAX_BLOCKS);
}
