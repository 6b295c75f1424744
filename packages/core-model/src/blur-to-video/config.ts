/** Levels of the pyramid: level l is 1/2^l of the image; the encoder reaches level 5. */
export const COARSEST_LEVEL = 5;

/** Everything that decides the shape of a blur-to-video network (Argaw et al. 2021, section 4). Plain JSON. */
export interface BlurToVideoConfig {
  /** Frames restored from one photograph: odd, 3 or more. The paper uses 3 and 7. */
  frames: number;
  /** Channels of the encoder's levels 1 to 5. */
  encoderChannels: number[];
  /** The finest level with a decoder block of its own: 0 as in the paper; 1 leaves the last doubling to a sub-pixel convolution, at a quarter of the cost. */
  finestLevel: 0 | 1;
  /** The middle frame's decoder. */
  middleDecoder: DecoderConfig;
  /** The decoder of every other frame; each has weights of its own. */
  frameDecoder: DecoderConfig;
  /** Dilated convolutions after the middle decoder, by channels and dilation; empty: no refiner. */
  refiner: { channels: number; dilation: number }[];
  /**
   * One trajectory of every point, shared by all frames: constant velocity and acceleration, found once (ours). `null`:
   * every frame's decoder finds its own motion, as in the paper. Levels 2 to 4 may have a block; a level without one
   * (an empty list) takes the motion of the level above.
   */
  motionDecoder: DecoderConfig | null;
  /** Corrects the middle frame by what it lacks when it is blurred again along the trajectories (ours); needs a motion decoder. `null`: without. */
  reblurRefiner: ReblurRefinerConfig | null;
  /** Says how far the restored frames are to be believed, and leaves the photograph as it is where they are not (ours). `null`: without. */
  frameConfidence: FrameConfidenceConfig | null;
  /** The middle frame is also restored at half its size, and so on, and scales are merged (ours; see `declareScaleFusion`). `null`, or absent as in older weight files: at its own size only. */
  scaleFusion?: ScaleFusionConfig | null;
  /** How features are moved from the exposure to one frame (FTN). */
  featureTransformer: FeatureTransformerConfig;
  /** How the middle frame's image is moved to one frame (ITN): its own spatial transformer, the feature transformer's motion, or not at all. */
  imageTransformer: 'spatial-transformer' | 'feature-motion' | 'none';
  /** Whether images are predicted as a correction (of the blurred image; of the transformed middle frame), or from nothing as in the paper. */
  residualImages: boolean;
}

/** Widths of a decoder, each list by level 0 to 4; entries below `finestLevel` are not read. */
export interface DecoderConfig {
  /** Channels of the upscaled feature of the level above. */
  upscaledChannels: number[];
  /** Channels that each densely connected convolution of a level adds; the last one is the level's feature. */
  denseChannels: number[][];
}

/** How a frame is blurred again and corrected. */
export interface ReblurRefinerConfig {
  iterations: number;
  /** Times of the exposure, beside its middle, that the average is made of; even. */
  times: number;
  /** Channels of the convolutions before the one that corrects the image. */
  channels: number[];
}

export interface FrameConfidenceConfig {
  /** Channels at levels 3, 4 and 5. */
  channels: number[];
}

/** What weighs the scales. */
export interface ScaleFusionConfig {
  /** Sizes at which a frame is made sharp, each half the one before: 2 or more. */
  scales: number;
  /** Of the convolutions that weigh two scales, at half the larger one's size; the same for each pair of them. */
  channels: number[];
}

export interface FeatureTransformerConfig {
  /** What is moved: the encoder's feature (the paper), or the middle decoder's, which is already deblurred. */
  source: 'encoder' | 'middle-decoder';
  /** The spatial transformer network: one affine motion per level. */
  affine: boolean;
  /** The local-warping layer: a flow vector per pixel. */
  localWarping: boolean;
  /** Both warped features side by side (the paper), or one warp by the sum of both motions. */
  combination: 'concatenate' | 'sum';
  /** Levels that are transformed, of 0 to 4. */
  levels: number[];
}

/** A decoder whose five levels have the same widths. */
const uniform = (upscaledChannels: number, denseChannels: number[]): DecoderConfig => ({
  upscaledChannels: Array.from({ length: 5 }, () => upscaledChannels),
  denseChannels: Array.from({ length: 5 }, () => denseChannels),
});

/**
 * The presets.
 * - `paper`: everything the paper describes, with PWC-Net's widths where its text gives none.
 * - `base`, `small`: the same parts at widths that two processor cores can train: the last doubling is a sub-pixel
 *   convolution, images are corrections, and one warp per level moves the middle decoder's feature along a trajectory
 *   that all frames share.
 */
export const blurToVideoPresets: Record<'paper' | 'base' | 'small', BlurToVideoConfig> = {
  paper: {
    frames: 7,
    encoderChannels: [16, 32, 64, 96, 128],
    finestLevel: 0,
    middleDecoder: uniform(32, [128, 128, 96, 64, 32]),
    frameDecoder: uniform(32, [128, 128, 96, 64, 32]),
    refiner: [
      { channels: 128, dilation: 1 },
      { channels: 128, dilation: 2 },
      { channels: 128, dilation: 4 },
      { channels: 96, dilation: 8 },
      { channels: 64, dilation: 16 },
      { channels: 32, dilation: 1 },
    ],
    motionDecoder: null,
    reblurRefiner: null,
    frameConfidence: null,
    scaleFusion: null,
    featureTransformer: { source: 'encoder', affine: true, localWarping: true, combination: 'concatenate', levels: [0, 1, 2, 3, 4] },
    imageTransformer: 'spatial-transformer',
    residualImages: false,
  },
  base: {
    frames: 7,
    encoderChannels: [48, 80, 112, 128, 128],
    finestLevel: 1,
    middleDecoder: { upscaledChannels: [0, 48, 80, 96, 96], denseChannels: [[], [64, 48, 48], [80, 80], [96, 96], [96]] },
    frameDecoder: { upscaledChannels: [0, 32, 48, 64, 64], denseChannels: [[], [48, 32], [64, 48], [64], [64]] },
    refiner: [
      { channels: 48, dilation: 1 },
      { channels: 48, dilation: 2 },
      { channels: 48, dilation: 4 },
      { channels: 48, dilation: 1 },
    ],
    motionDecoder: { upscaledChannels: [0, 0, 48, 64, 64], denseChannels: [[], [], [48, 48], [80, 64], [96, 80]] },
    reblurRefiner: null,
    frameConfidence: null,
    scaleFusion: null,
    featureTransformer: { source: 'middle-decoder', affine: true, localWarping: true, combination: 'sum', levels: [1, 2, 3, 4] },
    imageTransformer: 'feature-motion',
    residualImages: true,
  },
  small: {
    frames: 7,
    encoderChannels: [32, 64, 96, 128, 128],
    finestLevel: 1,
    middleDecoder: { upscaledChannels: [0, 32, 64, 96, 96], denseChannels: [[], [32, 32], [64, 64], [96], [96]] },
    frameDecoder: { upscaledChannels: [0, 16, 32, 48, 64], denseChannels: [[], [32], [48], [64], [64]] },
    refiner: [
      { channels: 32, dilation: 1 },
      { channels: 32, dilation: 2 },
    ],
    motionDecoder: { upscaledChannels: [0, 0, 32, 64, 64], denseChannels: [[], [], [48, 32], [64, 64], [96, 96]] },
    reblurRefiner: { iterations: 2, times: 8, channels: [32, 32] },
    frameConfidence: { channels: [48, 64, 96] },
    scaleFusion: { scales: 2, channels: [48, 48, 32] },
    featureTransformer: { source: 'middle-decoder', affine: true, localWarping: true, combination: 'sum', levels: [1, 2, 3, 4] },
    imageTransformer: 'feature-motion',
    residualImages: true,
  },
};

/**
 * Checks what the types cannot say.
 * @throws with the field, what it may be and what it was.
 */
export function validateConfig(config: BlurToVideoConfig): void {
  const expect = (holds: boolean, field: string, wanted: string, received: unknown) => {
    if (!holds) throw new Error(`Expected ${wanted} for network.${field} but received ${JSON.stringify(received)}.`);
  };
  expect(Number.isInteger(config.frames) && config.frames >= 3 && config.frames % 2 === 1, 'frames', 'an odd number of frames, 3 or more,', config.frames);
  expect(config.encoderChannels?.length === COARSEST_LEVEL, 'encoderChannels', `${COARSEST_LEVEL} widths`, config.encoderChannels);
  expect(config.finestLevel === 0 || config.finestLevel === 1, 'finestLevel', '0 or 1', config.finestLevel);
  for (const field of ['middleDecoder', 'frameDecoder'] as const) {
    const decoder = config[field];
    expect(decoder?.upscaledChannels?.length === COARSEST_LEVEL, `${field}.upscaledChannels`, `${COARSEST_LEVEL} widths`, decoder?.upscaledChannels);
    expect(decoder?.denseChannels?.length === COARSEST_LEVEL, `${field}.denseChannels`, `${COARSEST_LEVEL} lists of widths`, decoder?.denseChannels);
    for (let level = config.finestLevel; level < COARSEST_LEVEL; level++) {
      expect(decoder.denseChannels[level]!.length > 0, `${field}.denseChannels[${level}]`, 'at least one width', decoder.denseChannels[level]);
    }
  }
  const { levels, source, combination } = config.featureTransformer ?? {};
  expect(Array.isArray(levels) && levels.every((level) => level >= config.finestLevel && level < COARSEST_LEVEL), 'featureTransformer.levels', `levels from ${config.finestLevel} to ${COARSEST_LEVEL - 1}`, levels);
  expect(source === 'encoder' || source === 'middle-decoder', 'featureTransformer.source', "'encoder' or 'middle-decoder'", source);
  expect(combination === 'concatenate' || combination === 'sum', 'featureTransformer.combination', "'concatenate' or 'sum'", combination);
  expect(['spatial-transformer', 'feature-motion', 'none'].includes(config.imageTransformer), 'imageTransformer', "'spatial-transformer', 'feature-motion' or 'none'", config.imageTransformer);
  // Weight files from before there was a motion decoder do not mention it.
  if (config.motionDecoder) {
    const { upscaledChannels, denseChannels } = config.motionDecoder;
    const fits = Array.isArray(upscaledChannels) && Array.isArray(denseChannels) && upscaledChannels.length === COARSEST_LEVEL && denseChannels.length === COARSEST_LEVEL;
    const present = fits ? denseChannels.flatMap((channels, level) => (channels.length > 0 ? [level] : [])) : [];
    const unbroken = present.length > 0 && present[0]! >= 2 && present.length === COARSEST_LEVEL - present[0]!;
    expect(unbroken && present.every((level) => levels.includes(level)), 'motionDecoder', "null, or blocks from level 4 down to level 2 or higher, all of them in 'featureTransformer.levels',", config.motionDecoder);
    expect(combination === 'sum', 'featureTransformer.combination', "'sum' beside a motion decoder", combination);
  }
  if (config.reblurRefiner) {
    expect(Boolean(config.motionDecoder) && config.finestLevel === 1, 'reblurRefiner', "null without a motion decoder and 'finestLevel' 1", config.reblurRefiner);
    expect(isReblurRefiner(config.reblurRefiner), 'reblurRefiner', '{ iterations, times (even), channels }', config.reblurRefiner);
  }
  if (config.frameConfidence) {
    const { channels } = config.frameConfidence;
    expect(Array.isArray(channels) && channels.length === 3 && channels.every(isCount), 'frameConfidence', 'null, or { channels } of levels 3, 4 and 5', config.frameConfidence);
  }
  expect(!config.scaleFusion || (config.finestLevel === 1 && isScaleFusion(config.scaleFusion)), 'scaleFusion', "null, or { scales (2 or more), channels } (where 'finestLevel' is 1)", config.scaleFusion);
  expect(Array.isArray(config.refiner), 'refiner', 'a list of { channels, dilation }', config.refiner);
}

export const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1;

/** Whether all three numbers of a refiner are what they may be. */
export function isReblurRefiner({ iterations, times, channels }: ReblurRefinerConfig): boolean {
  return isCount(iterations) && isCount(times) && times % 2 === 0 && Array.isArray(channels) && channels.length > 0 && channels.every(isCount);
}

export function isScaleFusion({ scales, channels }: ScaleFusionConfig): boolean {
  return isCount(scales - 1) && Array.isArray(channels) && channels.length > 0 && channels.every(isCount);
}

/** Height and width of the network's input must be multiples of this. */
export function requiredMultiple({ scaleFusion }: Pick<BlurToVideoConfig, 'scaleFusion'>): number {
  return 2 ** COARSEST_LEVEL * 2 ** ((scaleFusion?.scales ?? 1) - 1);
}
