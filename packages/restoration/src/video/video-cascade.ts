import { RecentFrames } from './recent-frames.js';
import { StillParts } from './still-parts.js';
import type { OpenVideoNetwork, VideoNetwork, VideoPass } from './video-network.js';

export interface VideoCascadeOptions {
  width: number;
  height: number;
  /** Whether parts of a frame that do not move stay as they are. */
  keepsStill: boolean;
}

/**
 * Frames that a stage of a cascade looks at before and after each. What is still shows beside its neighbours.
 */
const reachOfStage = ({ reach }: Pick<VideoNetwork, 'reach'>, keepsStill: boolean): number =>
  keepsStill ? Math.max(1, reach) : reach;

/** How many calls after it was pushed a frame comes out of a cascade. */
export function reachOfCascade(network: VideoNetwork, keepsStill: boolean): number {
  return network.passes * reachOfStage(network, keepsStill);
}

/** What a cascade keeps for each pixel of its frames. */
export function cascadeBytesPerPixel(network: VideoNetwork, keepsStill: boolean): number {
  const frames = Math.max(2, 2 * reachOfStage(network, keepsStill) + 1);
  return network.passes * (3 * 4 * frames + network.keptBytesPerPixel);
}

/** One stage of the cascade over a sequence: a pass of the network, and the parts that do not move. */
class CascadeStage {
  readonly #pass: VideoPass;
  readonly #reach: number;
  /** By how many frames the pass is behind the newest one: it sees none that it does not need. */
  readonly #delay: number;
  readonly #recent: RecentFrames<Float32Array>;
  readonly #stillParts: StillParts | undefined;

  constructor(network: VideoNetwork, pass: VideoPass, { width, height, keepsStill }: VideoCascadeOptions) {
    this.#pass = pass;
    this.#reach = reachOfStage(network, keepsStill);
    this.#delay = this.#reach - network.reach;
    this.#recent = new RecentFrames(2 * this.#reach + 1, () => new Float32Array(width * height * 3));
    this.#stillParts = keepsStill ? new StillParts(width, height) : undefined;
  }

  restart(): void {
    this.#recent.restart();
    this.#pass.restart();
  }

  /** @param image left out: the last frame once more. @returns as `VideoCascade.push` does. */
  async push(image: Float32Array | undefined): Promise<Float32Array | undefined> {
    if (image) this.#recent.add().set(image);
    else this.#recent.repeat();
    const { frames } = this.#recent;
    if (frames.length <= 2 * this.#delay) return undefined;
    const restored = await this.#pass.push(frames.at(-1 - this.#delay)!);
    if (restored && this.#stillParts) {
      const [before, centre, after] = frames.slice(this.#reach - 1, this.#reach + 2);
      this.#stillParts.keep(restored, before!, centre!, after!);
    }
    return restored;
  }
}

/**
 * All passes of a network over a sequence of frames of one size. So a window costs only what its newest frame
 * adds.
 */
export class VideoCascade {
  readonly #stages: CascadeStage[];

  constructor(network: VideoNetwork, opened: OpenVideoNetwork, options: VideoCascadeOptions) {
    this.#stages = Array.from(
      { length: network.passes },
      () => new CascadeStage(network, opened.startPass(), options),
    );
  }

  /** Begins another sequence. */
  restart(): void {
    for (const stage of this.#stages) stage.restart();
  }

  /**
   * @param frame left out: the last one once more, which is not looked at again.
   * @returns the frame that was pushed `reachOfCascade` calls before, restored, until the next call of any
   * cascade of the network; undefined while the window fills.
   */
  async push(frame: Float32Array | undefined): Promise<Float32Array | undefined> {
    let image = await this.#stages[0]!.push(frame);
    for (const stage of this.#stages.slice(1)) {
      if (!image) return undefined;
      image = await stage.push(image);
    }
    return image;
  }
}
