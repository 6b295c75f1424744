import { expectResidualUNet } from '../parts/residual-unet.js';
import type { ResidualUNetConfig } from '../parts/residual-unet.js';
import type { PriorForm } from '../parts/sharpness-prior.js';
import {
  expectBoolean,
  expectField,
  expectMapping,
  expectWholeNumber,
  maxChannels,
  maxLayers,
} from '../weights/config-checks.js';

/** Everything that decides the shape of the clip network. Plain JSON. */
export interface ClipConfig extends ResidualUNetConfig {
  /** Frames that one pass sees at once: the one it restores and as many before as after it. */
  windowFrames: 3 | 5;
  /**
   * 2: the same weights a second time, on the frames that the first pass restored (section 3.4 of the paper).
   */
  passes: 1 | 2;
  /** Channels and residual blocks, at 1/2, of what a frame is described by, once for all windows. */
  frameChannels: number;
  frameBlocks: number;
  /** Channels and residual blocks, at 1/4, 1/8 and 1/16, of what finds the motion. */
  motionChannels: number;
  motionBlocks: number;
  /** How far motion is sought around what the coarser level found, in pixels of each level. */
  searchRadiusPixels: number;
  /**
   * Whether neighbours' features are moved to where the centre frame shows the same; otherwise as they lie.
   */
  movesFeatures: boolean;
  /** The temporal sharpness prior as the paper's equations or as the authors' program has it, or none. */
  sharpnessPrior: PriorForm | 'none';
}

/** To be trained: 6.4 million parameters, 179 thousand multiply-adds per pixel and frame. */
export const clipPreset: ClipConfig = {
  windowFrames: 5,
  passes: 1,
  frameChannels: 32,
  frameBlocks: 2,
  motionChannels: 32,
  motionBlocks: 1,
  searchRadiusPixels: 4,
  movesFeatures: true,
  sharpnessPrior: 'squared',
  channels: [48, 96, 160, 224],
  encoderBlocks: [2, 2, 2],
  bottleneckBlocks: 3,
  decoderBlocks: [2, 2, 2],
};

/** @throws with the field, what it may be and what it was. */
export function validateClipConfig(config: ClipConfig): void {
  expectMapping(config, '');
  expectResidualUNet(config);
  for (const field of ['frameBlocks', 'motionBlocks'] as const) {
    expectWholeNumber(config[field], field, [1, maxLayers]);
  }
  for (const field of ['frameChannels', 'motionChannels'] as const) {
    expectWholeNumber(config[field], field, [1, maxChannels]);
  }
  expectWholeNumber(config.searchRadiusPixels, 'searchRadiusPixels', [1, 8]);
  expectField([3, 5].includes(config.windowFrames), 'windowFrames', '3 or 5', config.windowFrames);
  expectField([1, 2].includes(config.passes), 'passes', '1 or 2', config.passes);
  expectBoolean(config.movesFeatures, 'movesFeatures');
  expectField(
    ['none', 'root', 'squared'].includes(config.sharpnessPrior),
    'sharpnessPrior',
    "'none', 'root' or 'squared'",
    config.sharpnessPrior,
  );
}

/** Frames that the middle one of all passes is restored from. */
export function clipFrames({ windowFrames, passes }: Pick<ClipConfig, 'windowFrames' | 'passes'>): number {
  return 1 + passes * (windowFrames - 1);
}
