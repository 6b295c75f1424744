import {
  frameTimes,
  type FrameExtractionConfig,
  type PaperConfig,
  type PhotoConfig,
  type SafetensorsBytes,
} from '@unblur/core-model';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { ComputeEngine } from '../compute-engine.js';
import { clampToDisplay, expectFinite } from '../display-range.js';
import { readFixedTimesNetwork, type FixedTimesNetwork } from './fixed-times-network.js';
import type { MotionField } from '../motion-field.js';
import { selectFrames } from './frame-selection.js';
import { photoFrameNetwork } from './photo-frame-network.js';
import type { RestoredSequence, RgbImage } from '../raster.js';
import { explainWeights } from '../unusable-weights.js';
import type { Reach } from './working-scale.js';

/** A network for one image size, its weights in place, ready to run. */
export interface NetworkSession {
  /**
   * Where the scene lies at some times, relative to the middle of the exposure. Of the photo network that takes
   * the analysis alone, which is not done again when frames of the same image are wanted next.
   */
  findMotions(image: RgbImage, times: readonly number[]): Promise<MotionField[]>;
  /**
   * The frames at some of the times that the network knows, in the order asked for.
   * @param options.onShare called with the fraction of the work that is done, 0 to 1, between two frames: by a
   * network that makes one after the other.
   * @param options.signal stops there.
   */
  restore(
    image: RgbImage,
    times: readonly number[],
    options?: { onShare?: (share: number) => void; signal?: AbortSignal | undefined },
  ): Promise<RestoredSequence>;
  release(): Promise<void>;
}

/** Any network that restores the frames of one photograph, with its weights. */
export interface FrameNetwork {
  config: PhotoConfig | PaperConfig | FrameExtractionConfig;
  /** Height and width of its input are multiples of this. */
  multiple: number;
  /** The most that ONNX Runtime takes for each pixel of an image, beside the weights. */
  memoryBytesPerPixel: number;
  /**
   * Up to how far from the middle of the exposure to its end things may move, in pixels, for a scale to be
   * the best one; `null` where nothing is known of that.
   */
  reach: Reach | null;
  /** Whether it tells motion; without, every one is zero. */
  knowsMotion: boolean;
  /** How many frames are restored where no number is asked for. */
  defaultFrames: number;
  /**
   * The times, from -1 to 1, of so many frames. @throws UnblurError that names the numbers that are possible.
   */
  timesOf(frames: number): number[];
  /** @param width, height multiples of `multiple`. */
  open(width: number, height: number, engine: ComputeEngine): Promise<NetworkSession>;
}

/**
 * Reads the weights of a network for photographs: the file says which one. @throws UnblurError when they are
 * invalid.
 */
export function readFrameNetwork(weights: SafetensorsBytes): FrameNetwork {
  return explainWeights(() => {
    const fixed = readFixedTimesNetwork(weights);
    return fixed ? fixedTimesNetwork(fixed) : photoFrameNetwork(weights);
  });
}

function fixedTimesNetwork({
  config,
  weights,
  multiple,
  memoryBytesPerPixel,
  knowsMotion,
  restore,
}: FixedTimesNetwork): FrameNetwork {
  const allTimes = frameTimes(config.frames);
  return {
    config,
    multiple,
    memoryBytesPerPixel,
    reach: null,
    knowsMotion,
    defaultFrames: config.frames,
    timesOf: (frames) => selectFrames(config.frames, frames).map((index) => allTimes[index]!),
    async open(width, height, engine) {
      const session = await engine.open({
        compute: ({ blurred }, weightTensors) => {
          const { frames, motionsPixels } = restore(blurred as Tensor4D, weightTensors);
          return Object.fromEntries(
            frames.flatMap((frame, i): [string, Tensor][] => [
              [`frame${i}`, frame],
              [`motion${i}`, motionsPixels[i]!],
            ]),
          );
        },
        inputShapes: { blurred: [1, height, width, 3] },
        weights,
      });
      const restoreAll = async (image: RgbImage, times: readonly number[]): Promise<RestoredSequence> => {
        const outputs = await session.run({ blurred: image.data });
        const indices = times.map((time) => allTimes.indexOf(time));
        return {
          frames: indices.map((i) => ({
            width,
            height,
            data: clampToDisplay(outputs[`frame${i}`]!),
          })),
          motionsPixels: indices.map((i): MotionField => {
            const [, rows, columns] = session.outputShapes[`motion${i}`] as [number, number, number];
            return {
              width: columns,
              height: rows,
              stridePixels: width / columns,
              data: expectFinite(outputs[`motion${i}`]!),
            };
          }),
        };
      };
      return {
        findMotions: async (image, times) => (await restoreAll(image, times)).motionsPixels,
        restore: restoreAll,
        release: () => session.release(),
      };
    },
  };
}
