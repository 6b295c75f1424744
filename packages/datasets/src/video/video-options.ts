import { defaultAugmentation } from '../augmentation.js';
import {
  completeOptions,
  type ExposureOptions,
  type Given,
  requireExposureOptions,
} from '../exposure-options.js';
import { namesOf, type Range, requireRange, requireThat } from '../option-checks.js';

/** How samples are made from high-speed video. Plain data: a section of a run file. */
export interface VideoOptions extends ExposureOptions {
  /** Side of the square pictures: random windows of the frames. */
  sizePixels: number;
  /**
   * How many consecutive frames an exposure averages, one of these numbers for each sample; each less 1 is a
   * multiple of N - 1. Default: N.
   */
  windowFrames: number[];
  /**
   * The fastest motion in the window between neighbouring frames (see `motionBetweenPixels`). Above the
   * maximum their average shows ghosts instead of blur, below the minimum the camera recorded a frame twice
   * or nothing moves. Exposures beyond these limits are drawn again. The maximum is at most 7 for pictures up
   * to 480 a side, 14 up to 960 and so on.
   */
  neighbourPixels: Range;
  /**
   * Frames are made smaller by the least whole factor in this range that brings them within
   * `neighbourPixels`: motion shrinks with them.
   */
  shrink: Range;
  /**
   * What to do about a frame that cannot be read or has another size: stop with an error, or draw an exposure
   * without it.
   */
  onBadFrame: 'stop' | 'skip';
}

/** Every default of exposures from video; `windowFrames` is `[frames]`. */
export const videoDefaults: Omit<VideoOptions, 'windowFrames'> = {
  sizePixels: 128,
  frames: 7,
  neighbourPixels: [0.2, 2],
  shrink: [1, 4],
  onBadFrame: 'stop',
  averaging: 'display',
  augmentation: defaultAugmentation,
};

/** Far above what a shutter averages: an exposure is held in memory. */
const maxWindowFrames = 1025;

export type PartialVideoOptions = Given<VideoOptions>;

export const videoOptionNames = namesOf({ ...videoDefaults, windowFrames: [] });

/**
 * Fills in the defaults and checks.
 * @throws RangeError that names the option, what it must be and what came; UnblurError for an unknown name.
 */
export function resolveVideoOptions(given: PartialVideoOptions): VideoOptions {
  const options = completeOptions<VideoOptions>(
    { ...videoDefaults, windowFrames: [] },
    given,
    "videoBatches({ folder: 'videos', sizePixels: 64 })",
  );
  if (given.windowFrames === undefined) options.windowFrames = [options.frames];
  const { frames, windowFrames, onBadFrame } = options;
  requireExposureOptions(options, 8);
  const isWindow = (length: number): boolean =>
    Number.isInteger(length) &&
    length >= frames &&
    length <= maxWindowFrames &&
    (length - 1) % (frames - 1) === 0;
  requireThat(
    Array.isArray(windowFrames) && windowFrames.length > 0 && windowFrames.every(isWindow),
    'windowFrames',
    `numbers that are 1 above multiples of ${frames - 1} (frames - 1), at most ${maxWindowFrames}`,
    windowFrames,
  );
  requireRange('neighbourPixels', options.neighbourPixels, 0, 100);
  requireRange('shrink', options.shrink, 1, 16);
  requireThat(options.shrink.every(Number.isInteger), 'shrink', 'a range of integers', options.shrink);
  requireThat(onBadFrame === 'stop' || onBadFrame === 'skip', 'onBadFrame', 'stop or skip', onBadFrame);
  return options;
}
