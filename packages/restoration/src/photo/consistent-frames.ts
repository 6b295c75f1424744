import { consistencyTimes } from '@unblur/core-model';
import { clampToDisplay } from '../display-range.js';

/** How many frames have to be rendered before the first is corrected: that of time 0 is there without. */
export const consistencyRenderings = consistencyTimes.length - 1;

/** How many frames at some times are rendered beside those that every one is corrected by. */
export const furtherRenderings = (times: readonly number[]): number =>
  times.filter((time) => !consistencyTimes.includes(time)).length;

/** What makes the frames of one image. */
export interface FrameMaker {
  /** The frame at a time from -1 to 1, which may exceed [0, 1]; a new array. */
  renderAt(time: number): Promise<Float32Array>;
  /** `consistencyCorrection` of the image and its frames at `consistencyTimes`. */
  correctionFor(frames: readonly Float32Array[]): Promise<Float32Array>;
}

/**
 * The frames of one image, or of a tile of one, corrected to average to it; see `consistencyCorrection`. In
 * tiles, whether frames average as light is measured in each.
 */
export class ConsistentFrames {
  readonly #maker: FrameMaker;
  readonly #correction: Float32Array;
  /** Those that the correction was made from, until they are asked for. */
  readonly #kept: Map<number, Float32Array>;

  private constructor(maker: FrameMaker, correction: Float32Array, kept: Map<number, Float32Array>) {
    this.#maker = maker;
    this.#correction = correction;
    this.#kept = kept;
  }

  /**
   * Makes the frames that have to average to the image, and finds the correction of all.
   *
   * @param options.onRendering called before each but that of time 0, with how many of
   * `consistencyRenderings` are made.
   * @param options.signal stops there.
   */
  static async prepare(
    maker: FrameMaker,
    {
      onRendering = () => undefined,
      signal,
    }: { onRendering?: (done: number) => void; signal?: AbortSignal | undefined } = {},
  ): Promise<ConsistentFrames> {
    const made = new Map<number, Float32Array>();
    for (const time of consistencyTimes) {
      if (time !== 0) {
        onRendering(made.has(0) ? made.size - 1 : made.size);
        signal?.throwIfAborted();
      }
      made.set(time, await maker.renderAt(time));
    }
    return new ConsistentFrames(maker, await maker.correctionFor([...made.values()]), made);
  }

  /** Whether a frame is there already. */
  has(time: number): boolean {
    return this.#kept.has(time);
  }

  /** The corrected frame at a time from -1 to 1, in [0, 1]. @throws as `clampToDisplay` does. */
  async frameAt(time: number): Promise<Float32Array> {
    const frame = this.#kept.get(time) ?? (await this.#maker.renderAt(time));
    this.#kept.delete(time);
    for (let i = 0; i < frame.length; i++) frame[i]! += this.#correction[i]!;
    return clampToDisplay(frame);
  }

  /** Frees the frames that are there; they are made again if they are asked for. */
  forget(): void {
    this.#kept.clear();
  }
}
