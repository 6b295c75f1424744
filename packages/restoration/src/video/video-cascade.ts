import { StillParts } from './still-parts.js';
import type { FramePyramid, VideoNetworkSessions } from './video-network.js';

/** A frame that a stage still needs, in buffers of the stage's own. */
interface KeptFrame {
  image: Float32Array;
  pyramid: FramePyramid;
  /** The flow from this frame to the one before it. */
  toPrevious: Float32Array;
}

/**
 * One stage of the cascade over a sequence: takes frame after frame and gives, from the third on, the one
 * before it made sharp. Each frame is described once and each pair of neighbours matched once, however many
 * windows they are in.
 */
class CascadeStage {
  /** The last three frames, newest last; buffers go round. */
  readonly #kept: KeptFrame[];
  #seen = 0;

  readonly #sessions: VideoNetworkSessions;
  readonly #stillParts: StillParts | undefined;
  constructor(sessions: VideoNetworkSessions, keepsStill: boolean) {
    this.#sessions = sessions;
    this.#stillParts = keepsStill ? new StillParts(sessions.width, sessions.height) : undefined;
    const pixels = sessions.width * sessions.height;
    this.#kept = Array.from({ length: 3 }, () => ({
      image: new Float32Array(pixels * 3),
      pyramid: sessions.pyramidLengths.map((length) => new Float32Array(length)),
      toPrevious: new Float32Array(pixels * 2),
    }));
  }

  /** What is pushed from now on has nothing to do with what was. */
  restart(): void {
    this.#seen = 0;
  }

  /** @returns the previous frame, sharp, until the next call; undefined for the first two. */
  async push(image: Float32Array): Promise<Float32Array | undefined> {
    this.#kept.push(this.#kept.shift()!);
    const [before, centre, newest] = this.#kept as [KeptFrame, KeptFrame, KeptFrame];
    newest.image.set(image);
    (await this.#sessions.describe(image)).forEach((level, index) => newest.pyramid[index]!.set(level));
    this.#seen += 1;
    if (this.#seen === 1) return undefined;
    const { forward, backward } = await this.#sessions.match(centre.pyramid, newest.pyramid);
    newest.toPrevious.set(backward);
    if (this.#seen === 2) return undefined;
    const sharp = await this.#sessions.reconstruct(
      before.image,
      centre.image,
      newest.image,
      centre.toPrevious,
      forward,
    );
    this.#stillParts?.keep(sharp, before.image, centre.image, newest.image);
    return sharp;
  }
}

/**
 * The whole cascade over a sequence of frames of one size: the first stage's results are frames of the
 * second. A window of five (or three) frames thus costs what its newest frame adds.
 */
export class VideoCascade {
  readonly #stages: CascadeStage[];

  /** @param keepsStill whether parts of a frame that do not move stay as they are. */
  constructor(sessions: VideoNetworkSessions, stages: number, keepsStill: boolean) {
    this.#stages = Array.from({ length: stages }, () => new CascadeStage(sessions, keepsStill));
  }

  /** Begins another sequence. */
  restart(): void {
    for (const stage of this.#stages) stage.restart();
  }

  /**
   * @returns the frame pushed as many calls ago as there are stages, sharp, until the next call; undefined
   * while the window fills.
   */
  async push(frame: Float32Array): Promise<Float32Array | undefined> {
    let image: Float32Array | undefined = frame;
    for (const stage of this.#stages) {
      if (!image) return undefined;
      image = await stage.push(image);
    }
    return image;
  }
}
