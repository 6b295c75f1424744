import type { MotionField } from '@unblur/restoration';
import { frameBetween, motionBetween } from './frame-interpolation.js';
import type { Restorer } from './restorer.js';
import type { PixelImage } from '../pictures/pixel-image.js';

/** Animations and videos have no more frames, however many are kept. */
const mostPlayed = 100;

/** What is played of a photograph in the animation and the video: smaller copies of its frames. */
export class Playback {
  /** Every so many of the kept frames are played. */
  readonly #every: number;
  /** So many frames are played from one kept frame to the next, that one included. */
  readonly #perStep: number;
  readonly #copies: PixelImage[] = [];

  /**
   * @param smoothFrames as many frames look smooth: more come between the kept ones, where the network knows how
   * things move.
   */
  constructor({ times, anyTime }: Pick<Restorer, 'times' | 'anyTime'>, smoothFrames: number) {
    const steps = times.length - 1;
    this.#every = Math.ceil(steps / (mostPlayed - 1));
    this.#perStep = anyTime ? Math.max(1, Math.ceil((smoothFrames - 1) / steps)) : 1;
  }

  /** Takes the copy of a kept frame. @param index its place among them. */
  add(index: number, copy: PixelImage): void {
    if (index % this.#every === 0) this.#copies[index] = copy;
  }

  /**
   * The frames to play, in order, once all kept ones were added; those between them made from them, along the
   * motion.
   *
   * @param photo its size. @param motionsPixels of the kept frames, in their order.
   */
  finish(photo: { width: number }, motionsPixels: readonly MotionField[]): PixelImage[] {
    const kept = this.#copies.filter((copy) => copy !== undefined);
    if (this.#perStep === 1) return kept;
    return kept.flatMap((frame, index) => {
      const next = kept[index + 1];
      if (!next) return [frame];
      const shrink = photo.width / frame.width;
      const motion = motionBetween(motionsPixels[index]!, motionsPixels[index + 1]!, frame, shrink);
      const between = Array.from({ length: this.#perStep - 1 }, (_, place) =>
        frameBetween(frame, next, motion, (place + 1) / this.#perStep),
      );
      return [frame, ...between];
    });
  }
}
