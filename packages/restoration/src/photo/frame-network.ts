import type { FrameExtractionConfig, PaperConfig, PhotoConfig } from '@unblur/core-model';
import type { ComputeEngine } from '../compute-engine.js';
import type { MotionField } from '../motion-field.js';
import type { RestoredSequence, RgbImage } from '../raster.js';
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
