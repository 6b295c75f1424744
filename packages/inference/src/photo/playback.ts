import { setImmediate } from 'node:timers/promises';
import { UnblurError } from '@unblur/files';
import { excerptOfValue } from '@unblur/files/parsed-value';
import { frameTimes } from '@unblur/core-model';
import type { MotionField } from '@unblur/restoration';
import { frameBetween, motionBetween } from './frame-interpolation.js';
import type { Restorer } from './restorer.js';
import type { PixelImage } from '../pictures/pixel-image.js';

/** Animations and videos have no more frames, or hardly, however many are kept. */
const mostPlayed = 100;
/** From one frame of the network to the next, things move no further than a sixth of their whole way. */
const fewestSteps = 6;

/** A frame that is played, and where the scene lies in it. */
interface PlayedFrame {
  copy: PixelImage;
  motionPixels: MotionField;
}

/**
 * What is played of a photograph in the animation and the video: smaller copies of its frames. Of one frame
 * alone nothing is: it is restored with the ends of the exposure, which tell the motion.
 */
export class Playback {
  /**
   * Of the frames to restore: the kept ones, and where those are few others between them, so that things do not
   * move too far from one to the next.
   */
  readonly restoredTimes: readonly number[];
  /** Places of those that are played. */
  readonly #played: ReadonlySet<number>;
  /** So many frames are played from one of them to the next, that one included. */
  readonly #perStep: number;
  readonly #frames: PlayedFrame[] = [];

  /**
   * @param smoothFrames as many frames look smooth: more come between those of the network, where it knows how
   * things move.
   * @throws UnblurError unless it is a whole number from 2 to 100.
   */
  constructor({ times, anyTime }: Pick<Restorer, 'times' | 'anyTime'>, smoothFrames: number) {
    if (!(Number.isInteger(smoothFrames) && smoothFrames >= 2 && smoothFrames <= mostPlayed)) {
      throw new UnblurError(
        `Expected a whole number from 2 to ${mostPlayed} for smoothFrames but received ${excerptOfValue(smoothFrames)}`,
      );
    }
    if (times.length === 1) {
      this.restoredTimes = [-1, ...times, 1];
      this.#played = new Set([1]);
      this.#perStep = 1;
      return;
    }
    this.restoredTimes = anyTime ? finerTimes(times, Math.ceil(fewestSteps / (times.length - 1))) : times;
    const steps = this.restoredTimes.length - 1;
    this.#perStep = anyTime ? Math.max(1, Math.ceil((smoothFrames - 1) / steps)) : 1;
    const count = Math.min(steps + 1, mostPlayed - 1);
    this.#played = new Set(Array.from({ length: count }, (_, i) => Math.round((i * steps) / (count - 1))));
  }

  /** Takes a copy of a restored frame, in any order. */
  add(time: number, copy: PixelImage, motionPixels: MotionField): void {
    const place = this.restoredTimes.indexOf(time);
    if (this.#played.has(place)) this.#frames[place] = { copy, motionPixels };
  }

  /**
   * The frames to play, in order, once all restored ones were added; those between them made from them, along the
   * motion.
   *
   * @param photo its size. @param signal stops between two frames.
   */
  async finish(photo: { width: number }, signal?: AbortSignal): Promise<PixelImage[]> {
    const restored = this.#frames.filter((frame) => frame !== undefined);
    const played: PixelImage[] = [];
    for (const [index, { copy, motionPixels }] of restored.entries()) {
      played.push(copy);
      const next = restored[index + 1];
      if (!next || this.#perStep === 1) continue;
      const motion = motionBetween(motionPixels, next.motionPixels, copy, photo.width / copy.width);
      for (let place = 1; place < this.#perStep; place++) {
        // What else is at work gets its turn.
        await setImmediate();
        signal?.throwIfAborted();
        played.push(frameBetween(copy, next.copy, motion, place / this.#perStep));
      }
    }
    return played;
  }
}

/** Times, evenly spaced over the exposure, with as many steps between each two: the same numbers, and others. */
function finerTimes(times: readonly number[], stepsBetween: number): readonly number[] {
  if (stepsBetween === 1) return times;
  return frameTimes((times.length - 1) * stepsBetween + 1).map((time, index) =>
    index % stepsBetween === 0 ? times[index / stepsBetween]! : time,
  );
}
