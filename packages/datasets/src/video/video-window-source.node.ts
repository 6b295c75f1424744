import { relative, sep } from 'node:path';
import { expectOptions, type OptionNames } from '@unblur/files';
import { type AveragingChoice, requireAveraging } from '../averaging.js';
import { type Range, requireNumber, requireRange, requireThat } from '../option-checks.js';
import { recordedBlurOf } from './recorded-pairs.node.js';
import { listVideos } from './video-folders.node.js';
import { leastExposures } from './window-exposures.js';

/** Videos that windows are cut from, and how. */
export interface VideoWindowSource {
  /**
   * Folder of videos as pictures (see `listVideos`). One with its recorded blurred frames beside it, in a
   * layout of `listPairedVideos`, is taken as it is; others are blurred by averaging.
   */
  folder: string;
  /** Names of the folders in it, at any depth, that are used. Default: all. */
  videos?: readonly string[] | null;
  /** How often this source is drawn from, relative to the others. Default 1. */
  weight?: number;
  /** Frames that one blurred frame averages, from this range; rounded to odd numbers. Default [3, 9]. */
  exposureFrames?: Range;
  /**
   * Share of the windows whose frames all have the same exposure; in the others each draws its own, as sharp
   * and blurred frames alternate in real videos. Default 0.5.
   */
  steadyShare?: number;
  /** Frames from the middle of one exposure to that of the next, from this range. Default [1, 4]. */
  strideFrames?: Range;
  /**
   * Share of the windows whose frames are made half as large first, where they are large enough; motion
   * shrinks with them. Default 0.3.
   */
  halvedShare?: number;
  /**
   * What a blurred frame averages: the frames' display values, or light; one for all windows, or weights of
   * what each draws from. Default 'display'.
   */
  averaging?: AveragingChoice;
  /**
   * Standard deviation of a Gaussian that softens all frames of a window, blurred and gt alike, from this
   * range: what is soft without having moved is to stay so. Default: none.
   */
  softnessPixels?: Range | null;
}

const videoWindowSourceOptionNames: OptionNames<VideoWindowSource> = {
  folder: true,
  videos: true,
  weight: true,
  exposureFrames: true,
  steadyShare: true,
  strideFrames: true,
  halvedShare: true,
  averaging: true,
  softnessPixels: true,
};

/** One video. */
interface SharpFrames {
  sharp: string[];
  /** The recorded blurred frames, one for one. */
  blurred?: string[];
}

/** A source whose defaults are filled in and whose videos are found. */
export interface OpenWindowSource extends Required<Omit<VideoWindowSource, 'folder' | 'videos'>> {
  videos: SharpFrames[];
}

export const windowsExample =
  "videoWindowBatches({ sources: [{ folder: 'videos' }], sizePixels: 64, batchSize: 4, seed: 1 })";

/**
 * Fills in the defaults, checks, and finds the videos.
 *
 * @throws RangeError for wrong options; Error for a folder without long enough videos.
 */
export function openWindowSource(source: VideoWindowSource): OpenWindowSource {
  const {
    folder,
    videos: names,
    weight = 1,
    exposureFrames = [3, 9],
    steadyShare = 0.5,
    strideFrames = [1, 4],
    halvedShare = 0.3,
    averaging = 'display',
    softnessPixels = null,
  } = expectOptions(source, videoWindowSourceOptionNames, windowsExample);
  requireThat(Number.isFinite(weight) && weight >= 0, 'weight', 'a number of at least 0', weight);
  requireRange('exposureFrames', exposureFrames, 1, 99);
  requireRange('strideFrames', strideFrames, 1, 99);
  for (const [name, share] of Object.entries({ steadyShare, halvedShare })) {
    requireNumber(name, share, 0, 1);
  }
  requireAveraging(averaging);
  if (softnessPixels) requireRange('softnessPixels', softnessPixels, 0, 8);
  const isWanted = ([path]: string[]) =>
    !names ||
    relative(folder, path!)
      .split(sep)
      .some((part) => names.includes(part));
  const videos = listVideos(folder)
    .filter(isWanted)
    .map((sharp): SharpFrames => ({ sharp, ...recordedBlurOf(sharp) }))
    .filter(({ sharp }) => sharp.length >= leastExposures + 2);
  if (videos.length === 0) {
    throw new Error(
      `Expected videos of at least ${leastExposures + 2} frames in ${folder}${names ? ` (${names.join(', ')})` : ''} but received none.`,
    );
  }
  return {
    videos,
    weight,
    exposureFrames,
    steadyShare,
    strideFrames,
    halvedShare,
    averaging,
    softnessPixels,
  };
}
