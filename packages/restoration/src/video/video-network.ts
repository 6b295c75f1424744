import type { ClipConfig, PhotoConfig, VideoDeblurConfig } from '@unblur/core-model';
import type { ComputeEngine } from '../compute-engine.js';

export type VideoNetworkConfig = VideoDeblurConfig | ClipConfig | PhotoConfig;

/** A network that restores the frames of video, of whatever family, with its weights. */
export interface VideoNetwork {
  readonly config: VideoNetworkConfig;
  /** Height and width of its frames are multiples of this. */
  readonly multiple: number;
  /** How often all frames go through it; what one pass restores are the frames of the next. */
  readonly passes: number;
  /** Multiply-adds that a pass takes for each pixel of a frame, its mirror image apart. */
  readonly multiplyAddsPerPixel: number;
  /** Frames that a pass sees before and after the one that it restores. */
  readonly reach: number;
  /** The most that ONNX Runtime takes for each pixel of a frame, beside the weights. */
  readonly computedBytesPerPixel: number;
  /** What a pass keeps for each pixel of a sequence, beside the frames themselves. */
  readonly keptBytesPerPixel: number;
  /** @param width, height multiples of `multiple`. */
  open(width: number, height: number, engine: ComputeEngine): Promise<OpenVideoNetwork>;
}

/** A network for one frame size, ready to run, for any number of passes over sequences. */
export interface OpenVideoNetwork {
  startPass(): VideoPass;
  release(): Promise<void>;
}

/** One pass of a network over a sequence of frames. */
export interface VideoPass {
  /** What is pushed from now on has nothing to do with what was. */
  restart(): void;
  /**
   * @param frame `height * width * 3` values in [0, 1], left as they are while a window may see them. The
   * array that was pushed last is that frame once more.
   * @returns the frame that was pushed `reach` calls before, restored, not clamped, until the next call of
   * any pass; undefined while the window fills.
   * @throws UnblurError where a value is not finite.
   */
  push(frame: Float32Array): Promise<Float32Array | undefined>;
}
