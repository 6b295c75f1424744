import { clipPreset } from './clip-config.js';
import type { ClipConfig } from './clip-config.js';

/**
 * The preset with three frames, one block of everything and widths that the `cpu` backend runs in a moment.
 */
export const narrowedClip = (changes: Partial<ClipConfig> = {}): ClipConfig => ({
  ...clipPreset,
  windowFrames: 3,
  frameChannels: 3,
  blendChannels: 3,
  windowChannels: 3,
  windowBlocks: 1,
  motionChannels: 3,
  motionBlocks: 1,
  searchRadiusPixels: 1,
  channels: [3, 4, 3, 4],
  encoderBlocks: [1, 1, 1],
  bottleneckBlocks: 1,
  decoderBlocks: [1, 1, 1],
  ...changes,
});
