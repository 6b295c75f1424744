import { coarsestLevel } from '../parts/encoder-decoder.js';
import type { DecoderWidths } from '../parts/encoder-decoder.js';
import { contextNetwork } from '../parts/layers.js';
import type { DilatedLayer } from '../parts/layers.js';
import {
  maxChannels,
  maxLayers,
  expectBoolean,
  expectDilatedLayers,
  expectField,
  expectMapping,
  expectOddFrames,
  expectWholeNumbers,
} from '../weights/config-checks.js';

/** Height and width of the network's input must be multiples of this. */
export const paperMultiple = 2 ** coarsestLevel;

/**
 * Everything that decides the shape of the network of Argaw et al. 2021 (section 4); the ablations of its
 * Table 5 are switches. Plain JSON.
 */
export interface PaperConfig {
  /** Frames restored from one photograph: odd, 3 or more. The paper has 3 and 7. */
  frames: number;
  /** Channels of the encoder's levels 1 to 5. */
  encoderChannels: number[];
  /** The middle frame's decoder. */
  middleDecoder: DecoderWidths;
  /** Dilated convolutions after the middle decoder, by channels and dilation; empty: no refiner. */
  refiner: DilatedLayer[];
  /** The decoder of every other frame; each has weights of its own. */
  frameDecoder: DecoderWidths;
  /** How the encoder's features are moved from the exposure to one frame (FTN). */
  featureTransformer: {
    /** One affine motion per level (STN). */
    spatialTransformer: boolean;
    /** A flow vector per pixel (LW). */
    localWarping: boolean;
  };
  /** Whether the middle frame's image is moved to each frame too, by an affine motion of its own (ITN). */
  imageTransformer: boolean;
}

/** A decoder whose five levels have the same widths. */
const uniform = (upscaledChannels: number, denseChannels: number[]): DecoderWidths => ({
  upscaledChannels: Array.from({ length: coarsestLevel }, () => upscaledChannels),
  denseChannels: Array.from({ length: coarsestLevel }, () => denseChannels),
});

/** Everything that the paper describes, with PWC-Net's widths where its text gives none. */
export const paperPreset: PaperConfig = {
  frames: 7,
  encoderChannels: [16, 32, 64, 96, 128],
  middleDecoder: uniform(32, [128, 128, 96, 64, 32]),
  refiner: contextNetwork,
  frameDecoder: uniform(32, [128, 128, 96, 64, 32]),
  featureTransformer: { spatialTransformer: true, localWarping: true },
  imageTransformer: true,
};

/** @throws with the field, what it may be and what it was. */
export function validatePaperConfig(config: PaperConfig): void {
  expectMapping(config, '', Object.keys(paperPreset));
  expectOddFrames(config.frames);
  expectWholeNumbers(
    config.encoderChannels,
    'encoderChannels',
    [coarsestLevel, coarsestLevel],
    [1, maxChannels],
  );
  for (const field of ['middleDecoder', 'frameDecoder'] as const) {
    expectMapping(config[field], field, Object.keys(paperPreset[field]));
    const { upscaledChannels, denseChannels } = config[field];
    expectWholeNumbers(
      upscaledChannels,
      `${field}.upscaledChannels`,
      [coarsestLevel, coarsestLevel],
      [1, maxChannels],
    );
    expectField(
      Array.isArray(denseChannels) && denseChannels.length === coarsestLevel,
      `${field}.denseChannels`,
      `${coarsestLevel} lists of widths`,
      denseChannels,
    );
    denseChannels.forEach((channels, level) =>
      expectWholeNumbers(channels, `${field}.denseChannels[${level}]`, [1, maxLayers], [1, maxChannels]),
    );
  }
  expectDilatedLayers(config.refiner, 'refiner');
  expectMapping(config.featureTransformer, 'featureTransformer', Object.keys(paperPreset.featureTransformer));
  const { spatialTransformer, localWarping } = config.featureTransformer;
  expectBoolean(spatialTransformer, 'featureTransformer.spatialTransformer');
  expectBoolean(localWarping, 'featureTransformer.localWarping');
  expectBoolean(config.imageTransformer, 'imageTransformer');
}
