import {
  frameExtractionFamily,
  paperFamily,
  readSafetensorsMetadata,
  type FrameExtractionConfig,
  type NamedTensors,
  type PaperConfig,
  type NetworkWeights,
  type SafetensorsBytes,
} from '@unblur/core-model';
import { zeros, type Tensor4D } from '@tensorflow/tfjs-core';

/** A network for photographs whose frames are at times of its own, with its weights. */
export interface FixedTimesNetwork {
  network: 'paper' | 'frame-extraction';
  config: PaperConfig | FrameExtractionConfig;
  weights: NetworkWeights;
  /** What the weights file says of itself. */
  metadata: Record<string, string>;
  /** Height and width of its input are multiples of this. */
  multiple: number;
  /** The most that ONNX Runtime takes for each pixel of an image, beside the weights. */
  memoryBytesPerPixel: number;
  /** Whether it tells motion; without, every one is zero. */
  knowsMotion: boolean;
  /**
   * All frames in time order, `[B, H, W, 3]`, and where the scene lies relative to the middle one, `[B, h, w,
   * 2]` in pixels of the image.
   */
  restore(blurred: Tensor4D, weights: NamedTensors): { frames: Tensor4D[]; motionsPixels: Tensor4D[] };
}

/**
 * Of ONNX Runtime's peak, in what the outputs of all layers add up to: it frees them early, but joined
 * features are copies and its arena grows in large steps.
 */
const memoryPerActivation = 2.4;

/**
 * The network that a weights file describes, or `undefined` where it is of a network that restores frames at
 * any time. @throws where the weights are invalid.
 */
export function readFixedTimesNetwork(weights: SafetensorsBytes): FixedTimesNetwork | undefined {
  const metadata = readSafetensorsMetadata(weights);
  if (Object.hasOwn(metadata, frameExtractionFamily.configKey)) return extractionNetwork(weights);
  return Object.hasOwn(metadata, paperFamily.configKey) ? paperNetwork(weights) : undefined;
}

/** Argaw et al. 2021 as written. */
function paperNetwork(weights: SafetensorsBytes): FixedTimesNetwork {
  const { config, metadata, ...read } = paperFamily.readWeights(weights);
  const network = paperFamily.declare(config);
  const multiple = paperFamily.sizeMultiple(config);
  const sidePixels = 8 * multiple;
  return {
    network: 'paper',
    config,
    weights: read,
    metadata,
    multiple,
    memoryBytesPerPixel:
      (memoryPerActivation *
        paperFamily.summarize(config, { width: sidePixels, height: sidePixels }).activationBytes) /
      sidePixels ** 2,
    knowsMotion: true,
    restore: (blurred, weightTensors) => {
      const { frames, motionsPixels } = network.restore(blurred, weightTensors);
      return { frames: frames.map((levels) => levels[0]!), motionsPixels };
    },
  };
}

/** Jin et al. 2018. */
function extractionNetwork(weights: SafetensorsBytes): FixedTimesNetwork {
  const { config, metadata, ...read } = frameExtractionFamily.readWeights(weights);
  const { extract } = frameExtractionFamily.declare(config);
  const multiple = frameExtractionFamily.sizeMultiple(config);
  const { factor, channels, groups } = config.middle;
  return {
    network: 'frame-extraction',
    config,
    weights: read,
    metadata,
    multiple,
    // Of the middle frame's network, the largest: its blocks have three outputs each, for each of the three
    // colours.
    memoryBytesPerPixel: (memoryPerActivation * (4 * 3 * 3 * channels * groups.flat().length)) / factor ** 2,
    knowsMotion: false,
    restore: (blurred, weightTensors) => {
      const [batch, height, width] = blurred.shape;
      const frames = extract(blurred, weightTensors);
      return {
        frames,
        motionsPixels: frames.map(() => zeros([batch, height / multiple, width / multiple, 2])),
      };
    },
  };
}
