import { photoPreset } from '../photo/photo-config.js';
import { expectResidualUNet } from '../parts/residual-unet.js';
import type { ResidualUNetConfig } from '../parts/residual-unet.js';
import type { PriorForm } from '../parts/sharpness-prior.js';
import {
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
  /** What a frame sees of its neighbours: moved to where it shows the same, as they lie, or nothing. */
  neighbours: 'moved' | 'unmoved' | 'none';
  /** Channels, at 1/2, of a frame's feature, which is moved to its neighbours. */
  frameChannels: number;
  /** Channels, at 1/4, of what decides how much of each neighbour is blended in. */
  blendChannels: number;
  /** Channels and residual blocks, at 1/2, of what corrects the blend. */
  windowChannels: number;
  windowBlocks: number;
  /** Channels and residual blocks, at 1/4, 1/8 and 1/16, of what finds the motion. */
  motionChannels: number;
  motionBlocks: number;
  /** How far motion is sought around what the coarser level found, in pixels of each level. */
  searchRadiusPixels: number;
  /** The temporal sharpness prior as the paper's equations or as the authors' program has it, or none. */
  sharpnessPrior: PriorForm | 'none';
}

const { channels, encoderBlocks, bottleneckBlocks, decoderBlocks } = photoPreset;

/**
 * The U-Net is the photo network's, so that training goes on from its weights: 11.6 million parameters, 315
 * thousand multiply-adds per pixel and frame.
 */
export const clipPreset: ClipConfig = {
  windowFrames: 5,
  passes: 1,
  neighbours: 'moved',
  frameChannels: 24,
  blendChannels: 32,
  windowChannels: 64,
  windowBlocks: 2,
  motionChannels: 32,
  motionBlocks: 1,
  searchRadiusPixels: 3,
  sharpnessPrior: 'squared',
  channels,
  encoderBlocks,
  bottleneckBlocks,
  decoderBlocks,
};

/** @throws with the field, what it may be and what it was. */
export function validateClipConfig(config: ClipConfig): void {
  expectMapping(config, '', Object.keys(clipPreset));
  expectResidualUNet(config);
  for (const field of ['windowBlocks', 'motionBlocks'] as const) {
    expectWholeNumber(config[field], field, [1, maxLayers]);
  }
  for (const field of ['frameChannels', 'blendChannels', 'windowChannels', 'motionChannels'] as const) {
    expectWholeNumber(config[field], field, [1, maxChannels]);
  }
  expectWholeNumber(config.searchRadiusPixels, 'searchRadiusPixels', [1, 8]);
  expectField([3, 5].includes(config.windowFrames), 'windowFrames', '3 or 5', config.windowFrames);
  expectField([1, 2].includes(config.passes), 'passes', '1 or 2', config.passes);
  expectField(
    ['moved', 'unmoved', 'none'].includes(config.neighbours),
    'neighbours',
    "'moved', 'unmoved' or 'none'",
    config.neighbours,
  );
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
