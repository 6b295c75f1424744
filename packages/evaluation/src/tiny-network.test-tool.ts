import type { PhotoConfig } from '@unblur/core-model';

/** The photo network at a tenth of its widths. */
export const tinyConfig: PhotoConfig = {
  channels: [4, 4, 4, 4],
  encoderBlocks: [1, 1, 1],
  bottleneckBlocks: 1,
  decoderBlocks: [1, 1, 1],
  trajectoryChannels: 4,
  trajectoryBlocks: 1,
  frameChannels: 4,
  frameBlocks: 1,
};
