import { COARSEST_LEVEL, blurToVideoPresets, isCount, isReblurRefiner, isScaleFusion, validateConfig } from '../blur-to-video/config.js';
import type { DecoderConfig, ReblurRefinerConfig, ScaleFusionConfig } from '../blur-to-video/config.js';

/** Everything that decides the shape of a video-deblurring network (Pan, Bai and Tang 2020, "CDVD-TSP"). Plain JSON. */
export interface VideoDeblurConfig {
  flow: FlowConfig;
  reconstruction: ReconstructionConfig | MiddleFrameReconstructionConfig;
  /**
   * The temporal sharpness prior that the reconstruction sees as a tenth channel. `root`: the exponent has a square root, as in the
   * authors' program; `squared`: as in the paper's Eq. 10 and 11; `none`: without it (an ablation).
   */
  sharpnessPrior: 'root' | 'squared' | 'none';
  /** The frame is also made sharp at half its size, and so on, and scales are merged (ours; see `declareScaleFusion`). `null`, or absent as in older weight files: at its own size only. */
  scaleFusion?: ScaleFusionConfig | null;
  /** 2: the network is applied to five frames and again to the three results; 1: to three frames, once (an ablation). */
  stages: 1 | 2;
}

/** The optical flow network: PWC-Net (Sun et al. 2018). */
export interface FlowConfig {
  /** The network sees frames at 1/2^inputLevel of their size: motion twice as long is found, or more, for a quarter of the cost, or less, and what it is off by is left to `alignment`. Absent: 0, as published. */
  inputLevel?: number;
  /** Channels of the feature pyramid's levels 1, 2, ...; level l is 1/2^l of the image. */
  pyramidChannels: number[];
  /** Convolutions per pyramid level, the first of stride 2. */
  pyramidConvolutions: number;
  /** The level at which the flow is estimated last; it is enlarged bilinearly from there. */
  finestLevel: number;
  /** The cost volume looks this far to every side. */
  searchRadiusPixels: number;
  /** Whether features are normalized at every pixel before they are compared; not in the paper. A network that starts at random learns flow far sooner. */
  normalizedFeatures: boolean;
  /** Channels that each densely connected convolution of a level adds. */
  denseChannels: number[];
  /** Dilated convolutions that correct the finest flow (the context network), by channels and dilation. */
  refiner: { channels: number; dilation: number }[];
  /** How the flow is corrected by the frames themselves before they are warped with it (ours; see `alignFlow`), coarsest level first. Without, not at all. */
  alignment?: FlowAlignment[];
}

/** Steps of the correction at one level, 1/2^level of the frames. */
export interface FlowAlignment {
  level: number;
  iterations: number;
}

/** The published encoder-decoder that makes a sharp frame from three aligned ones. */
export interface ReconstructionConfig {
  kernelSize: 3 | 5;
  /** Channels of the three scales, finest first. */
  channels: [number, number, number];
  /** Residual blocks at each scale, on the way down and again on the way up. */
  residualBlocks: [number, number, number];
  /** The finest scale: 0, the frame's own as in the paper; 1, half of it, from where a sub-pixel convolution leads back, at a quarter of the cost. */
  finestLevel: 0 | 1;
  /** Whether the output is a correction of the centre frame, or made from nothing as in the paper. */
  residualImage: boolean;
}

/**
 * In its place (ours), what makes the middle frame in the blur-to-video network (see `BlurToVideoConfig` for the fields; finest
 * level 1, images as corrections): it can start from weights that have learned from single photographs what blur is. Beside the
 * warped neighbours it sees them as they are, and it may mix all four into the frame, by weights of its own at every pixel.
 */
export interface MiddleFrameReconstructionConfig {
  encoderChannels: number[];
  middleDecoder: DecoderConfig;
  refiner: { channels: number; dilation: number }[];
  /** Corrects the frame by what it lacks when it is blurred again along the flow. `null`: without. */
  exposureRefiner: ReblurRefinerConfig | null;
}

export function isMiddleFrameReconstruction(config: VideoDeblurConfig['reconstruction']): config is MiddleFrameReconstructionConfig {
  return 'encoderChannels' in config;
}

/**
 * The presets.
 * - `paper`: the published network, whose checkpoint can be imported.
 * - `small`: at widths that two processor cores can train and run: flow at 1/32 and 1/16 of the frame, which finds motion of up to
 *   128 pixels, and the blur-to-video preset `small`'s encoder and middle decoder as the reconstruction.
 */
const smallPhoto = blurToVideoPresets.small;

export const videoDeblurPresets: Record<'paper' | 'small', VideoDeblurConfig> = {
  paper: {
    flow: {
      pyramidChannels: [16, 32, 64, 96, 128, 196],
      pyramidConvolutions: 3,
      finestLevel: 2,
      searchRadiusPixels: 4,
      normalizedFeatures: false,
      denseChannels: [128, 128, 96, 64, 32],
      refiner: [
        { channels: 128, dilation: 1 },
        { channels: 128, dilation: 2 },
        { channels: 128, dilation: 4 },
        { channels: 96, dilation: 8 },
        { channels: 64, dilation: 16 },
        { channels: 32, dilation: 1 },
      ],
    },
    reconstruction: { kernelSize: 5, channels: [32, 64, 128], residualBlocks: [3, 3, 3], finestLevel: 0, residualImage: false },
    sharpnessPrior: 'root',
    scaleFusion: null,
    stages: 2,
  },
  small: {
    flow: {
      inputLevel: 1,
      pyramidChannels: [16, 32, 48, 64],
      pyramidConvolutions: 2,
      finestLevel: 3,
      searchRadiusPixels: 4,
      normalizedFeatures: true,
      denseChannels: [64, 48, 32],
      refiner: [
        { channels: 48, dilation: 1 },
        { channels: 48, dilation: 2 },
        { channels: 48, dilation: 4 },
        { channels: 32, dilation: 1 },
      ],
      alignment: [
        { level: 2, iterations: 2 },
        { level: 1, iterations: 2 },
        { level: 0, iterations: 1 },
      ],
    },
    reconstruction: {
      encoderChannels: smallPhoto.encoderChannels,
      middleDecoder: smallPhoto.middleDecoder,
      refiner: smallPhoto.refiner,
      exposureRefiner: { iterations: 2, times: 4, channels: [32, 32] },
    },
    sharpnessPrior: 'root',
    scaleFusion: { scales: 3, channels: [48, 48, 32] },
    stages: 2,
  },
};

/** Frames that one deblurred frame depends on: itself and `windowFrames / 2` to either side. */
export function windowFrames({ stages }: Pick<VideoDeblurConfig, 'stages'>): 3 | 5 {
  return stages === 1 ? 3 : 5;
}

/** Height and width of the frames must be multiples of this. */
export function videoDeblurMultiple({ reconstruction, scaleFusion }: Pick<VideoDeblurConfig, 'reconstruction' | 'scaleFusion'>): number {
  return coarsestMultiple(reconstruction) * 2 ** ((scaleFusion?.scales ?? 1) - 1);
}

/** The flow network sees frames whose height and width are multiples of this at 1/2^inputLevel of their size, others resized. */
export function flowMultiple({ inputLevel = 0, pyramidChannels }: Pick<FlowConfig, 'inputLevel' | 'pyramidChannels'>): number {
  return 2 ** (inputLevel + pyramidChannels.length);
}

/** What the smaller of the scales at which frames are made sharp must be a multiple of. */
function coarsestMultiple(reconstruction: VideoDeblurConfig['reconstruction']): number {
  return isMiddleFrameReconstruction(reconstruction) ? 2 ** COARSEST_LEVEL : 4 * 2 ** reconstruction.finestLevel;
}

/**
 * Checks what the types cannot say.
 * @throws with the field, what it may be and what it was.
 */
export function validateVideoDeblurConfig(config: VideoDeblurConfig): void {
  const expect = (holds: boolean, field: string, wanted: string, received: unknown) => {
    if (!holds) throw new Error(`Expected ${wanted} for network.${field} but received ${JSON.stringify(received)}.`);
  };
  const areCounts = (values: unknown, length?: number) => Array.isArray(values) && values.every(isCount) && values.length >= 1 && (length === undefined || values.length === length);
  const { flow, reconstruction } = config;
  expect(areCounts(flow?.pyramidChannels) && flow.pyramidChannels.length >= 2, 'flow.pyramidChannels', 'two widths or more', flow?.pyramidChannels);
  expect(isCount(flow.pyramidConvolutions), 'flow.pyramidConvolutions', 'a whole number of at least 1', flow.pyramidConvolutions);
  expect(isCount(flow.finestLevel) && flow.finestLevel <= flow.pyramidChannels.length, 'flow.finestLevel', `a level from 1 to ${flow.pyramidChannels.length}`, flow.finestLevel);
  expect(isCount(flow.searchRadiusPixels), 'flow.searchRadiusPixels', 'a whole number of at least 1', flow.searchRadiusPixels);
  expect(typeof flow.normalizedFeatures === 'boolean', 'flow.normalizedFeatures', 'true or false', flow.normalizedFeatures);
  expect(areCounts(flow.denseChannels), 'flow.denseChannels', 'a list of widths', flow.denseChannels);
  expect(Array.isArray(flow.refiner), 'flow.refiner', 'a list of { channels, dilation }', flow.refiner);
  expect(reconstruction !== null && typeof reconstruction === 'object', 'reconstruction', 'the config of one', reconstruction);
  const coarsestFrameLevel = Math.log2(coarsestMultiple(reconstruction));
  const isFrameLevel = (level: unknown): boolean => Number.isInteger(level) && (level as number) >= 0 && (level as number) <= coarsestFrameLevel;
  const isAlignment = ({ level, iterations }: FlowAlignment) => isFrameLevel(level) && isCount(iterations);
  expect(flow.inputLevel === undefined || isFrameLevel(flow.inputLevel), 'flow.inputLevel', `nothing, or a level from 0 to ${coarsestFrameLevel}`, flow.inputLevel);
  expect(flow.alignment === undefined || (Array.isArray(flow.alignment) && flow.alignment.every(isAlignment)), 'flow.alignment', `nothing, or a list of { level (0 to ${coarsestFrameLevel}), iterations }`, flow.alignment);
  if (isMiddleFrameReconstruction(reconstruction)) {
    validateConfig({ ...smallPhoto, ...reconstruction, motionDecoder: null, reblurRefiner: null, frameConfidence: null, scaleFusion: null });
    // Weight files from before there was one do not mention it.
    expect(!reconstruction.exposureRefiner || isReblurRefiner(reconstruction.exposureRefiner), 'reconstruction.exposureRefiner', 'null, or { iterations, times (even), channels }', reconstruction.exposureRefiner);
  } else {
    expect(reconstruction.kernelSize === 3 || reconstruction.kernelSize === 5, 'reconstruction.kernelSize', '3 or 5', reconstruction.kernelSize);
    expect(areCounts(reconstruction.channels, 3), 'reconstruction.channels', 'three widths', reconstruction.channels);
    expect(areCounts(reconstruction.residualBlocks, 3), 'reconstruction.residualBlocks', 'three numbers of blocks', reconstruction.residualBlocks);
    expect(reconstruction.finestLevel === 0 || reconstruction.finestLevel === 1, 'reconstruction.finestLevel', '0 or 1', reconstruction.finestLevel);
  }
  expect(['root', 'squared', 'none'].includes(config.sharpnessPrior), 'sharpnessPrior', "'root', 'squared' or 'none'", config.sharpnessPrior);
  expect(!config.scaleFusion || (isMiddleFrameReconstruction(reconstruction) && isScaleFusion(config.scaleFusion)), 'scaleFusion', `null, or { scales (2 or more), channels } (where the reconstruction is a blur-to-video network's)`, config.scaleFusion);
  expect(config.stages === 1 || config.stages === 2, 'stages', '1 or 2', config.stages);
}
