import { paperPreset } from './paper-config.js';
import type { PaperConfig } from './paper-config.js';

const chartWidth = 2;

/**
 * The preset with all its switches and levels but 3 frames, a refiner of two convolutions and widths that the
 * `cpu` backend runs in a moment.
 */
export function narrowedPaper(changes: Partial<PaperConfig> = {}): PaperConfig {
  const narrowed = ({ upscaledChannels, denseChannels }: PaperConfig['middleDecoder']) => ({
    upscaledChannels: upscaledChannels.map(() => chartWidth),
    denseChannels: denseChannels.map(() => [chartWidth, chartWidth]),
  });
  return {
    ...paperPreset,
    frames: 3,
    encoderChannels: paperPreset.encoderChannels.map(() => chartWidth),
    middleDecoder: narrowed(paperPreset.middleDecoder),
    refiner: [1, 2].map((dilation) => ({ channels: chartWidth, dilation })),
    frameDecoder: narrowed(paperPreset.frameDecoder),
    ...changes,
  };
}

/** The paper's Table 5, and without any transformer or refiner. */
export const paperAblations: [string, PaperConfig][] = [
  ['all', narrowedPaper()],
  [
    'FTN [STN]',
    narrowedPaper({
      featureTransformer: { spatialTransformer: true, localWarping: false },
      imageTransformer: false,
    }),
  ],
  [
    'FTN [LW]',
    narrowedPaper({
      featureTransformer: { spatialTransformer: false, localWarping: true },
      imageTransformer: false,
    }),
  ],
  ['FTN [STN + LW]', narrowedPaper({ imageTransformer: false })],
  ['ITN', narrowedPaper({ featureTransformer: { spatialTransformer: false, localWarping: false } })],
  [
    'none',
    narrowedPaper({
      featureTransformer: { spatialTransformer: false, localWarping: false },
      imageTransformer: false,
      refiner: [],
    }),
  ],
];
