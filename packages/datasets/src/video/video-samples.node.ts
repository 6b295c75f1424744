import { basename } from 'node:path';
import { expectOptions, type OptionNames } from '@unblur/files';
import type { RgbImage } from '@unblur/metrics';
import { averageFrames, type AveragingSpace, averagingSpaces } from '../averaging.js';
import { requirePositiveInteger, requireThat } from '../option-checks.js';
import { readRgbImage, requireOneSize } from '../pictures/picture-file.node.js';
import { shrinkImage } from '../pictures/picture-filters.js';
import { cutWindow, drawSquareWindow } from '../pictures/square-window.js';
import { createRandom } from '../random.js';
import type { Sample } from '../sample.js';
import { motionBetweenPixels } from './frame-motion.js';

/**
 * First frames of all windows of `length` frames that lie `stride` apart; `stride = length`: windows that
 * share no frame.
 */
export function windowStarts(frameCount: number, length: number, stride: number): number[] {
  const count = Math.max(Math.floor((frameCount - length) / stride) + 1, 0);
  return Array.from({ length: count }, (_, index) => index * stride);
}

export interface VideoSampleOptions {
  /** Frames per exposure: odd. The paper averages 7. */
  frames: number;
  /**
   * From one exposure's first frame to the next one's. Default `frames`: exposures that share no frame, as
   * for testing.
   */
  stride?: number;
  averaging: AveragingSpace;
  /** Makes frames smaller by this whole factor first; motion shrinks with them. Default 1. */
  shrink?: number;
  /**
   * Leaves out exposures in which anything moves farther than this between neighbouring frames (see
   * `motionBetweenPixels`, after shrinking): averaged, they would show ghosts instead of blur. Default: no
   * check.
   */
  maxStepPixels?: number;
  /** Side of a random square window to cut out, without resizing; default: whole frames. */
  sizePixels?: number;
  /** Decides the windows. Default 0. */
  seed?: number;
  /**
   * What to do about a frame that cannot be read or has another size: stop with an error, or leave out the
   * exposures that need it. Default 'stop'.
   */
  onBadFrame?: 'stop' | 'skip';
  /** Told of each exposure left out, and why. */
  onSkip?: (message: string) => void;
}

const videoSampleOptionNames: OptionNames<VideoSampleOptions> = {
  frames: true,
  stride: true,
  averaging: true,
  shrink: true,
  maxStepPixels: true,
  sizePixels: true,
  seed: true,
  onBadFrame: true,
  onSkip: 'function',
};

export interface VideoSample extends Sample {
  /** Name of the exposure's first frame. */
  firstFrame: string;
}

/**
 * Samples from a high-speed video: each `frames` consecutive frames are the latent frames of their average
 * (Argaw et al., section 3).
 *
 * @param framePaths in time order (see `listFrames`).
 * @throws RangeError for wrong options; Error that names the frame that cannot be used.
 */
export async function* videoSamples(
  framePaths: readonly string[],
  options: VideoSampleOptions,
): AsyncGenerator<VideoSample, void, void> {
  requireThat(
    Array.isArray(framePaths),
    'framePaths',
    'a list of paths, such as listFrames(folder) gives,',
    framePaths,
  );
  const {
    frames: length,
    stride = length,
    averaging,
    shrink = 1,
    maxStepPixels = Infinity,
    sizePixels,
    seed = 0,
    onBadFrame = 'stop',
    onSkip = () => {},
  } = expectOptions(
    options,
    videoSampleOptionNames,
    "videoSamples(framePaths, { frames: 7, averaging: 'display' })",
  );
  requireExposure({ frames: length, stride, shrink, averaging });
  requireThat(
    typeof maxStepPixels === 'number' && maxStepPixels >= 0,
    'maxStepPixels',
    'a number of at least 0',
    maxStepPixels,
  );
  if (sizePixels !== undefined) requirePositiveInteger('sizePixels', sizePixels);
  requireThat(onBadFrame === 'stop' || onBadFrame === 'skip', 'onBadFrame', "'stop' or 'skip'", onBadFrame);
  if (framePaths.length < length) {
    throw new RangeError(
      `Expected at least ${length} frames for one exposure but the video has ${framePaths.length}.`,
    );
  }
  for (const start of windowStarts(framePaths.length, length, stride)) {
    const paths = framePaths.slice(start, start + length);
    let frames: RgbImage[];
    try {
      frames = (await readFrames(paths)).map((frame) => shrinkImage(frame, shrink));
    } catch (error) {
      if (onBadFrame === 'stop') throw error;
      onSkip(`Left out the exposure from ${basename(paths[0]!)} on: ${(error as Error).message}`);
      continue;
    }
    const stepPixels =
      maxStepPixels === Infinity
        ? 0
        : Math.max(...frames.slice(1).map((frame, index) => motionBetweenPixels(frames[index]!, frame)));
    if (stepPixels > maxStepPixels) {
      onSkip(
        `Left out the exposure from ${basename(paths[0]!)} on: neighbouring frames are ${stepPixels.toFixed(1)} pixels apart, more than ${maxStepPixels}.`,
      );
      continue;
    }
    const cropped =
      sizePixels === undefined ? frames : cropRandomly(frames, sizePixels, seed, start, paths[0]!);
    yield {
      blurred: averageFrames(cropped, averaging),
      frames: cropped,
      firstFrame: basename(paths[0]!),
    };
  }
}

/** @throws RangeError unless consecutive frames can be averaged so. */
export function requireExposure({
  frames,
  stride,
  shrink,
  averaging,
}: Required<Pick<VideoSampleOptions, 'frames' | 'stride' | 'shrink' | 'averaging'>>): void {
  requireThat(
    Number.isInteger(frames) && frames >= 3 && frames % 2 === 1,
    'frames',
    'an odd number of at least 3',
    frames,
  );
  requirePositiveInteger('stride', stride);
  requirePositiveInteger('shrink', shrink);
  requireThat(averagingSpaces.includes(averaging), 'averaging', averagingSpaces.join(' or '), averaging);
}

async function readFrames(paths: readonly string[]): Promise<RgbImage[]> {
  const frames = await Promise.all(paths.map(readRgbImage));
  requireOneSize(frames, paths);
  return frames;
}

function cropRandomly(
  frames: RgbImage[],
  size: number,
  seed: number,
  start: number,
  path: string,
): RgbImage[] {
  const { width, height } = frames[0]!;
  if (size > width || size > height) {
    throw new RangeError(`Expected frames of at least ${size}x${size} but ${path} is ${width}x${height}.`);
  }
  const window = drawSquareWindow(createRandom(seed, start), frames[0]!, size);
  return frames.map(({ data }) => ({ width: size, height: size, data: cutWindow(data, width, 3, window) }));
}
