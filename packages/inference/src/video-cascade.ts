import { stageReach, type VideoDeblurConfig } from '@unblur/core-model';
import type { FramePyramid, VideoNetworkSessions } from './video-network.js';

/** A frame that a stage still needs, in buffers of the stage's own. */
interface KeptFrame {
  image: Float32Array;
  pyramid: FramePyramid;
  /** The flows from this frame to the ones before and after it. */
  toPrevious: Float32Array;
  toNext: Float32Array;
}

/**
 * One stage of the cascade over a sequence: takes frame after frame and gives, once it has as many as it sees around one, that one made
 * sharp. Each frame is described once and each pair of neighbours matched once, however many windows they are in.
 */
class CascadeStage {
  /** The last frames, newest last; buffers go round. */
  readonly #kept: KeptFrame[];
  #seen = 0;

  constructor(
    private readonly sessions: VideoNetworkSessions,
    private readonly reach: number,
  ) {
    const pixels = sessions.width * sessions.height;
    this.#kept = Array.from({ length: 2 * reach + 1 }, () => ({
      image: new Float32Array(pixels * 3),
      pyramid: sessions.pyramidLengths.map((length) => new Float32Array(length)),
      toPrevious: new Float32Array(pixels * 2),
      toNext: new Float32Array(pixels * 2),
    }));
  }

  /** @returns the frame pushed `reach` calls ago, sharp, until the next call; undefined while the window fills. */
  async push(image: Float32Array): Promise<Float32Array | undefined> {
    this.#kept.push(this.#kept.shift()!);
    const [previous, newest] = this.#kept.slice(-2) as [KeptFrame, KeptFrame];
    newest.image.set(image);
    (await this.sessions.describe(image)).forEach((level, index) => newest.pyramid[index]!.set(level));
    this.#seen += 1;
    if (this.#seen === 1) return undefined;
    const { forward, backward } = await this.sessions.match(previous.pyramid, newest.pyramid);
    previous.toNext.set(forward);
    newest.toPrevious.set(backward);
    if (this.#seen < this.#kept.length) return undefined;
    const { toPrevious, toNext } = this.#kept[this.reach]!;
    return this.sessions.reconstruct(this.#kept.map((kept) => kept.image), toPrevious, toNext);
  }
}

/**
 * The whole cascade over a sequence of frames of one size: the first stage's results are frames of the second. A window thus
 * costs what its newest frame adds.
 */
export class VideoCascade {
  readonly #stages: CascadeStage[];

  constructor(sessions: VideoNetworkSessions, config: VideoDeblurConfig) {
    this.#stages = Array.from({ length: config.stages }, () => new CascadeStage(sessions, stageReach(config)));
  }

  /** @returns the frame in the middle of the window that this one completes, sharp, until the next call; undefined while the window fills. */
  async push(frame: Float32Array): Promise<Float32Array | undefined> {
    let image: Float32Array | undefined = frame;
    for (const stage of this.#stages) {
      if (!image) return undefined;
      image = await stage.push(image);
    }
    return image;
  }
}
