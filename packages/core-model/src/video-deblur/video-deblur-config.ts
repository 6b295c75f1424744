import { coarsestLevel } from '../parts/encoder-decoder.js';
import type { DecoderWidths } from '../parts/encoder-decoder.js';
import { contextNetwork } from '../parts/layers.js';
import type { FlowAlignment } from '../parts/flow-alignment.js';
import type { DilatedLayer } from '../parts/layers.js';

/**
 * Everything that decides the shape of a video-deblurring network (Pan, Bai and Tang 2020, "CDVD-TSP"). Plain
 * JSON.
 */
export interface VideoDeblurConfig {
  flow: FlowConfig;
  reconstruction: ReconstructionConfig | MiddleFrameReconstructionConfig;
  /**
   * The temporal sharpness prior that the reconstruction sees as a tenth channel. `root`: the exponent has a
   * square root, as in the authors' program; `squared`: as in the paper's Eq. 10 and 11; `none`: without it
   * (an ablation).
   */
  sharpnessPrior: 'root' | 'squared' | 'none';
  /**
   * The frame is also made sharp at half its size, and so on, and scales are merged (ours; see
   * `declareScaleFusion`). `null`, or absent as in older weight files: at its own size only.
   */
  scaleFusion?: ScaleFusionConfig | null;
  /**
   * 2: the network is applied to five frames and again to the three results; 1: to three frames, once (an
   * ablation).
   */
  stages: 1 | 2;
}

/** The optical flow network: PWC-Net (Sun et al. 2018). */
export interface FlowConfig {
  /**
   * The network sees frames at 1/2^inputLevel of their size: motion twice as long is found, or more, for a
   * quarter of the cost, or less, and what it is off by is left to `alignment`. Absent: 0, as published.
   */
  inputLevel?: number;
  /** Channels of the feature pyramid's levels 1, 2, ...; level l is 1/2^l of the image. */
  pyramidChannels: number[];
  /** Convolutions per pyramid level, the first of stride 2. */
  pyramidConvolutions: number;
  /** The level at which the flow is estimated last; it is enlarged bilinearly from there. */
  finestLevel: number;
  /** The cost volume looks this far to every side. */
  searchRadiusPixels: number;
  /**
   * Whether features are normalized at every pixel before they are compared; not in the paper. A network that
   * starts at random learns flow far sooner.
   */
  normalizedFeatures: boolean;
  /** Channels that each densely connected convolution of a level adds. */
  denseChannels: number[];
  /** Dilated convolutions that correct the finest flow (the context network), by channels and dilation. */
  refiner: DilatedLayer[];
  /**
   * How the flow is corrected by the frames themselves before they are warped with it (ours; see
   * `alignFlow`), coarsest level first. Without, not at all.
   */
  alignment?: FlowAlignment[];
}

/** The published encoder-decoder that makes a sharp frame from three aligned ones. */
export interface ReconstructionConfig {
  kernelSize: 3 | 5;
  /** Channels of the three scales, finest first. */
  channels: [number, number, number];
  /** Residual blocks at each scale, on the way down and again on the way up. */
  residualBlocks: [number, number, number];
  /**
   * The finest scale: 0, the frame's own as in the paper; 1, half of it, from where a sub-pixel convolution
   * leads back, at a quarter of the cost.
   */
  finestLevel: 0 | 1;
  /** Whether the output is a correction of the centre frame, or made from nothing as in the paper. */
  residualImage: boolean;
}

/**
 * In its place (ours), an encoder and decoder after those that make the middle frame in Argaw et al. 2021,
 * down to half the frame's size: it can start from weights that have learned from single photographs what
 * blur is. Beside the warped neighbours it sees them as they are, and it may mix all four into the frame, by
 * weights of its own at every pixel.
 */
export interface MiddleFrameReconstructionConfig {
  /** Channels of the encoder's levels 1 to 5. */
  encoderChannels: number[];
  /** Levels 1 to 4; what is listed for level 0 is not read. */
  middleDecoder: DecoderWidths;
  /** Dilated convolutions after the decoder, by channels and dilation; empty: none. */
  refiner: DilatedLayer[];
  /**
   * Corrects the frame by what it lacks when it is blurred again along the flow. `null`, or absent as in
   * older weight files: without.
   */
  exposureRefiner?: ExposureRefinerConfig | null;
}

/** How a frame is blurred again and corrected. */
export interface ExposureRefinerConfig {
  iterations: number;
  /** Times of the exposure, beside its middle, that the average is made of; even. */
  times: number;
  /** Channels of the convolutions before the one that corrects the image. */
  channels: number[];
}

/** What weighs the scales. */
export interface ScaleFusionConfig {
  /** Sizes at which a frame is made sharp, each half the one before: 2 or more. */
  scales: number;
  /**
   * Of the convolutions that weigh two scales, at half the larger one's size; the same for each pair of them.
   */
  channels: number[];
}

/** Tells the two kinds of reconstruction apart. */
export function isMiddleFrameReconstruction(
  config: VideoDeblurConfig['reconstruction'],
): config is MiddleFrameReconstructionConfig {
  return 'encoderChannels' in config;
}

/**
 * The presets.
 * - `paper`: the published network, whose checkpoint can be imported.
 * - `small`: at widths that two processor cores can train and run: flow at 1/32 and 1/16 of the frame, which
 *   finds motion of up to 128 pixels.
 */
export const videoDeblurPresets: Record<'paper' | 'small', VideoDeblurConfig> = {
  paper: {
    flow: {
      pyramidChannels: [16, 32, 64, 96, 128, 196],
      pyramidConvolutions: 3,
      finestLevel: 2,
      searchRadiusPixels: 4,
      normalizedFeatures: false,
      denseChannels: [128, 128, 96, 64, 32],
      refiner: contextNetwork,
    },
    reconstruction: {
      kernelSize: 5,
      channels: [32, 64, 128],
      residualBlocks: [3, 3, 3],
      finestLevel: 0,
      residualImage: false,
    },
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
      encoderChannels: [32, 64, 96, 128, 128],
      middleDecoder: {
        upscaledChannels: [0, 32, 64, 96, 96],
        denseChannels: [[], [32, 32], [64, 64], [96], [96]],
      },
      refiner: [
        { channels: 32, dilation: 1 },
        { channels: 32, dilation: 2 },
      ],
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
export function videoDeblurMultiple({
  reconstruction,
  scaleFusion,
}: Pick<VideoDeblurConfig, 'reconstruction' | 'scaleFusion'>): number {
  return coarsestMultiple(reconstruction) * 2 ** ((scaleFusion?.scales ?? 1) - 1);
}

/**
 * The flow network sees frames whose height and width are multiples of this at 1/2^inputLevel of their size,
 * others resized.
 */
export function flowMultiple({
  inputLevel = 0,
  pyramidChannels,
}: Pick<FlowConfig, 'inputLevel' | 'pyramidChannels'>): number {
  return 2 ** (inputLevel + pyramidChannels.length);
}

/** What the smaller of the scales at which frames are made sharp must be a multiple of. */
export function coarsestMultiple(reconstruction: VideoDeblurConfig['reconstruction']): number {
  return isMiddleFrameReconstruction(reconstruction)
    ? 2 ** coarsestLevel
    : 4 * 2 ** reconstruction.finestLevel;
}
