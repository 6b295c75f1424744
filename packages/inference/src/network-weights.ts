import {
  blurToVideo,
  declareFrameExtraction,
  frameExtractionMultiple,
  readFrameExtractionWeights,
  readSafetensors,
  readWeights,
  requiredMultiple,
  summarize,
  type BlurToVideoConfig,
  type FrameExtractionConfig,
  type NamedTensors,
  type WeightValues,
} from '@unblur/core-model';
import { zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import { firstLine, UnblurError } from './unblur-error.js';

/** Reads the weights of a blur-to-video network. @throws UnblurError when they do not hold together. */
export function readNetwork(weights: Uint8Array): ReturnType<typeof readWeights> {
  return orExplain(() => readWeights(weights));
}

/** Any network that restores the frames of one photograph, with its weights. */
export interface FrameNetwork {
  config: BlurToVideoConfig | FrameExtractionConfig;
  values: WeightValues;
  /** Height and width of its input are multiples of this. */
  multiple: number;
  /** What the outputs of its layers add up to, for each pixel of an image. */
  activationBytesPerPixel: number;
  /** Frames in time order, `[B, H, W, 3]`, and where the scene lies relative to the middle one, `[B, h, w, 2]` in pixels of the image. */
  restore(blurred: Tensor4D, weights: NamedTensors): { frames: Tensor4D[]; motionsPixels: Tensor4D[] };
}

/** Reads the weights of a blur-to-video network, or of the baseline of Jin et al.: the file says which. @throws UnblurError when they do not hold together. */
export function readFrameNetwork(weights: Uint8Array): FrameNetwork {
  return orExplain(() => ('unblur.frame-extraction' in readSafetensors(weights).metadata ? extractionNetwork(weights) : blurToVideoNetwork(weights)));
}

function blurToVideoNetwork(weights: Uint8Array): FrameNetwork {
  const { config, values } = readWeights(weights);
  const sidePixels = 8 * requiredMultiple(config);
  return {
    config,
    values,
    multiple: requiredMultiple(config),
    activationBytesPerPixel: summarize(config, { width: sidePixels, height: sidePixels }).activationBytes / sidePixels ** 2,
    restore: (blurred, constants) => {
      const { frames, motionsPixels } = blurToVideo(blurred, constants, config);
      return { frames: frames.map((levels) => levels[0]!), motionsPixels };
    },
  };
}

/** It knows no motion: every one is zero. */
function extractionNetwork(weights: Uint8Array): FrameNetwork {
  const { config, values } = readFrameExtractionWeights(weights);
  const { extract } = declareFrameExtraction(config);
  const multiple = frameExtractionMultiple(config);
  const { factor, channels, groups } = config.middle;
  return {
    config,
    values,
    multiple,
    // Of the middle frame's network, the largest: its blocks have three outputs each, for each of the three colours.
    activationBytesPerPixel: (4 * 3 * 3 * channels * groups.flat().length) / factor ** 2,
    restore: (blurred, constants) => {
      const [batch, height, width] = blurred.shape;
      const frames = extract(blurred, constants);
      return { frames, motionsPixels: frames.map(() => zeros([batch, height / multiple, width / multiple, 2])) };
    },
  };
}

function orExplain<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UnblurError(`These weights cannot be used. ${firstLine((cause as Error).message)}`, { cause });
  }
}
