import { relative, sep } from 'node:path';
import { expectOptions, type OptionNames } from '@unblur/files';
import { rearrangePixels } from '../augmentation.js';
import {
  type AveragingChoice,
  type AveragingSpace,
  averagingSpaces,
  createResponse,
  drawAveraging,
  makeDisplayValues,
  meanOfReadings,
  requireAveraging,
  transferFunctions,
} from '../averaging.js';
import { type Range, requireBatches, requireNumber, requireRange, requireThat } from '../option-checks.js';
import { FileCache, type FileDecoder } from '../pictures/file-cache.node.js';
import type { RgbBytes } from '../pictures/picture-bytes.js';
import { mirrorAtEdges, readImageFile, requireOneSize } from '../pictures/picture-file.node.js';
import { gaussianBlur } from '../pictures/picture-filters.js';
import { drawSquareWindow } from '../pictures/square-window.js';
import { createRandom, drawByWeight, type Random } from '../random.js';
import { recordedBlurOf } from './recorded-pairs.node.js';
import { readWindow, type VideoWindow } from './video-exposure.js';
import { listVideos } from './video-folders.node.js';

/** Videos have this many exposures one stride apart, and two frames more; shorter ones are of no use. */
const leastExposures = 5;

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

/** Windows of neighbouring blurred frames from videos. Plain data: a section of a run file. */
export interface VideoWindowOptions {
  sources: readonly VideoWindowSource[];
  /**
   * Side of the square windows. Frames that are smaller, by no more than half of it, are mirrored at their
   * edges, as where a clip is deblurred.
   */
  sizePixels: number;
  /** Frames in a window, an odd number. Default 5. */
  windowFrames?: number;
  batchSize: number;
  /** Decides every random choice. */
  seed: number;
  /** Index of the first sample, to go on where a run stopped. Default 0. */
  firstSample?: number;
  /** Memory for decoded pictures, in MiB. Default 512. */
  cacheMegabytes?: number;
}

const videoWindowOptionNames: OptionNames<VideoWindowOptions> = {
  sources: true,
  sizePixels: true,
  windowFrames: true,
  batchSize: true,
  seed: true,
  firstSample: true,
  cacheMegabytes: true,
};

export interface VideoWindowBatch {
  /** Index of the batch's first sample. */
  firstSample: number;
  /** `[batch, windowFrames, size, size, 3]` display values in [0, 1], in time order. */
  blurred: Float32Array;
  /** `[batch, windowFrames, size, size, 3]`: the middle of each exposure. */
  gt: Float32Array;
}

/** One video. */
interface SharpFrames {
  sharp: string[];
  /** The recorded blurred frames, one for one. */
  blurred?: string[];
}

/** A source whose defaults are filled in and whose videos are found. */
interface OpenSource extends Required<
  Pick<
    VideoWindowSource,
    | 'weight'
    | 'exposureFrames'
    | 'steadyShare'
    | 'strideFrames'
    | 'halvedShare'
    | 'averaging'
    | 'softnessPixels'
  >
> {
  videos: SharpFrames[];
}

const windowsExample =
  "videoWindowBatches({ sources: [{ folder: 'videos' }], sizePixels: 64, batchSize: 4, seed: 1 })";

/**
 * An endless stream of batches of windows, each video of a source equally often, flipped and reversed in time
 * at random. Windows lie anywhere in a video: before its first and after its last exposure, that one is
 * repeated, as when a clip is deblurred. The same options give the same samples, whatever the sample it
 * starts from.
 *
 * @throws RangeError for wrong options; Error for a folder without long enough videos, and for a frame that
 * cannot be read or has another size than those around it.
 */
export async function* videoWindowBatches(
  options: VideoWindowOptions,
): AsyncGenerator<VideoWindowBatch, void, void> {
  const {
    sources: givenSources,
    sizePixels,
    windowFrames = 5,
    batchSize,
    seed,
    firstSample = 0,
    cacheMegabytes = 512,
  } = expectOptions(options, videoWindowOptionNames, windowsExample);
  requireBatches({ batchSize, firstSample });
  requireThat(
    Number.isInteger(sizePixels) && sizePixels >= 16,
    'sizePixels',
    'an integer of at least 16',
    sizePixels,
  );
  requireThat(
    Number.isInteger(windowFrames) && windowFrames % 2 === 1 && windowFrames >= 1,
    'windowFrames',
    'an odd number',
    windowFrames,
  );
  requireThat(Array.isArray(givenSources), 'sources', 'a list of sources', givenSources);
  const sources = givenSources.map(openSource);
  const weights = sources.map(({ weight }) => weight);
  requireThat(
    weights.some((weight) => weight > 0),
    'sources',
    'a source whose weight is above 0',
    givenSources,
  );
  const cache = new FileCache(cacheMegabytes * 2 ** 20);
  const frames = framesForWindows(sizePixels);
  const responses = Object.fromEntries(
    averagingSpaces.map((space) => [space, createResponse(transferFunctions[space].lightOf)]),
  ) as Responses;
  const windowValues = windowFrames * sizePixels * sizePixels * 3;
  for (let start = firstSample; ; start += batchSize) {
    const batch: VideoWindowBatch = {
      firstSample: start,
      blurred: new Float32Array(batchSize * windowValues),
      gt: new Float32Array(batchSize * windowValues),
    };
    for (let index = 0; index < batchSize; index++) {
      const random = createRandom(seed, start + index);
      const window = await drawWindow(sources[drawByWeight(random, weights)]!, random, {
        sizePixels,
        windowFrames,
        cache,
        frames,
        responses,
      });
      batch.blurred.set(window.blurred, index * windowValues);
      batch.gt.set(window.gt, index * windowValues);
    }
    yield batch;
  }
}

function openSource(source: VideoWindowSource): OpenSource {
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

/** What `readWindow` reads with, by averaging space. */
type Responses = Record<AveragingSpace, Uint32Array>;

interface WindowSettings {
  sizePixels: number;
  windowFrames: number;
  cache: FileCache;
  frames: FileDecoder<FrameForWindows>;
  responses: Responses;
}

/** A frame's size as it is, and its pixels, grown where it is smaller than a window. */
interface FrameForWindows {
  width: number;
  height: number;
  grown: RgbBytes;
}

/**
 * Reads frames, grown by mirroring where they are smaller than a window; throws a RangeError where they are
 * smaller than half of one.
 */
function framesForWindows(sizePixels: number): FileDecoder<FrameForWindows> {
  const decode = async (path: string): Promise<FrameForWindows> => {
    const frame = await readImageFile(path);
    const { width, height } = frame;
    const least = Math.ceil(sizePixels / 2);
    if (Math.min(width, height) < least) {
      throw new RangeError(
        `Expected videos of at least ${least}x${least} for windows of ${sizePixels}x${sizePixels} but ${path} is ${width}x${height}.`,
      );
    }
    const grown = await mirrorAtEdges(frame, Math.max(width, sizePixels), Math.max(height, sizePixels));
    return { width, height, grown };
  };
  return { name: `frame for windows of ${sizePixels}`, decode, bytesOf: ({ grown }) => grown.rgb.length };
}

async function drawWindow(
  source: OpenSource,
  random: Random,
  { sizePixels, windowFrames, cache, frames, responses }: WindowSettings,
): Promise<{ blurred: Float32Array; gt: Float32Array }> {
  const { sharp, blurred } = source.videos[random.below(source.videos.length)]!;
  const exposures = drawExposures(source, sharp.length, blurred !== undefined, random, windowFrames);
  const firstPath = sharp[exposures[0]!.middle]!;
  const first = await cache.load(frames, firstPath);
  const load = async (path: string): Promise<RgbBytes> => {
    const frame = await cache.load(frames, path);
    requireOneSize([first, frame], [firstPath, path]);
    return frame.grown;
  };
  const crop = drawCrop(first.grown, random, sizePixels, source.halvedShare);
  const averaging = drawAveraging(random, source.averaging);
  const softness = source.softnessPixels ? random.between(...source.softnessPixels) : 0;
  // Exposures of a window may share frames.
  const readings = new Map<string, Promise<Uint32Array>>();
  const readingsOf = (path: string, space: AveragingSpace): Promise<Uint32Array> => {
    const key = `${space} ${path}`;
    if (!readings.has(key)) {
      readings.set(
        key,
        load(path).then((picture) => readWindow(picture, crop, sizePixels, responses[space])),
      );
    }
    return readings.get(key)!;
  };
  const average = async (paths: readonly string[], space: AveragingSpace): Promise<Float32Array> => {
    const frames = await Promise.all(paths.map((path) => readingsOf(path, space)));
    const display = rearrangePixels(
      makeDisplayValues(meanOfReadings(sumOf(frames), frames.length), space),
      sizePixels,
      crop,
    );
    return softness > 0 ? gaussianBlur(display, sizePixels, sizePixels, softness) : display;
  };

  const frameValues = sizePixels * sizePixels * 3;
  const window = {
    blurred: new Float32Array(windowFrames * frameValues),
    gt: new Float32Array(windowFrames * frameValues),
  };
  for (const [position, { middle, reach }] of exposures.entries()) {
    const exposed = blurred ? [blurred[middle]!] : sharp.slice(middle - reach, middle + reach + 1);
    window.gt.set(await average([sharp[middle]!], 'display'), position * frameValues);
    window.blurred.set(await average(exposed, averaging), position * frameValues);
  }
  return window;
}

/** The frames of a video that are averaged: `middle` and as many as `reach` to either side. */
interface Exposure {
  middle: number;
  reach: number;
}

/**
 * The exposures of a window in time order, each a stride after the other; the first and the last that the
 * video has are repeated where it ends.
 */
function drawExposures(
  { exposureFrames, steadyShare, strideFrames }: OpenSource,
  videoFrames: number,
  isRecorded: boolean,
  random: Random,
  windowFrames: number,
): Exposure[] {
  const drawLength = () => random.between(exposureFrames[0], exposureFrames[1] + 1);
  const [isSteady, steadyLength, strideDraw, isReversed] = [
    random.uniform() < steadyShare,
    drawLength(),
    random.between(strideFrames[0], strideFrames[1] + 1),
    random.uniform() < 0.5,
  ];
  const lengths = Array.from({ length: windowFrames }, () => (isSteady ? steadyLength : drawLength()));
  // Of a video too short for what was drawn, the longest exposures that it has.
  const stride = isRecorded
    ? 1
    : Math.max(1, Math.min(Math.floor(strideDraw), Math.floor((videoFrames - 3) / (leastExposures - 1))));
  const longestReach = Math.floor((videoFrames - 1 - (leastExposures - 1) * stride) / 2);
  const reaches = lengths.map((frames) =>
    isRecorded ? 0 : Math.min(Math.floor((frames - 1) / 2), longestReach),
  );
  const margin = Math.max(...reaches);
  const middle = margin + random.below(videoFrames - 2 * margin);
  const [first, last] = [
    -Math.floor((middle - margin) / stride),
    Math.floor((videoFrames - 1 - margin - middle) / stride),
  ];
  const half = (windowFrames - 1) / 2;
  const exposures = reaches.map((_, position) => {
    const strides = Math.min(last, Math.max(first, position - half));
    return { middle: middle + strides * stride, reach: reaches[half + strides]! };
  });
  return isReversed ? exposures.reverse() : exposures;
}

function drawCrop(picture: RgbBytes, random: Random, sizePixels: number, halvedShare: number): Crop {
  const isHalved = random.uniform() < halvedShare;
  const shrink = isHalved && Math.min(picture.width, picture.height) >= 2 * sizePixels ? 2 : 1;
  const { left, top } = drawSquareWindow(random, picture, sizePixels * shrink);
  return {
    left,
    top,
    shrink,
    mirrorX: random.uniform() < 0.5,
    mirrorY: random.uniform() < 0.5,
    transpose: false,
  };
}

interface Crop extends VideoWindow {
  mirrorX: boolean;
  mirrorY: boolean;
  transpose: boolean;
}

function sumOf(frames: readonly Uint32Array[]): Uint32Array {
  const sum = new Uint32Array(frames[0]!.length);
  for (const frame of frames) for (let index = 0; index < sum.length; index++) sum[index]! += frame[index]!;
  return sum;
}
