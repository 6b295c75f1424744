import { expectOptions, type OptionNames } from '@unblur/files';
import { rearrangePixels } from '../augmentation.js';
import {
  type AveragingSpace,
  averagingSpaces,
  createResponse,
  drawAveraging,
  makeDisplayValues,
  meanOfReadings,
  transferFunctions,
} from '../averaging.js';
import { requireBatches, requireThat } from '../option-checks.js';
import { FileCache, type FileDecoder } from '../pictures/file-cache.node.js';
import type { RgbBytes } from '../pictures/picture-bytes.js';
import { mirrorAtEdges, readImageFile, requireOneSize } from '../pictures/picture-file.node.js';
import { gaussianBlur } from '../pictures/picture-filters.js';
import { drawSquareWindow } from '../pictures/square-window.js';
import { createRandom, drawByWeight, type Random } from '../random.js';
import { concatenate } from '../stacked-values.js';
import { readWindow, type VideoWindow } from './video-exposure.js';
import {
  openWindowSource,
  type OpenWindowSource,
  type VideoWindowSource,
  windowsExample,
} from './video-window-source.node.js';
import { drawExposures } from './window-exposures.js';

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
  const sources = givenSources.map(openWindowSource);
  const weights = sources.map(({ weight }) => weight);
  requireThat(
    weights.some((weight) => weight > 0),
    'sources',
    'a source whose weight is above 0',
    givenSources,
  );
  const settings: WindowSettings = {
    sizePixels,
    windowFrames,
    cache: new FileCache(cacheMegabytes * 2 ** 20),
    decoder: framesForWindows(sizePixels),
    responses: Object.fromEntries(
      averagingSpaces.map((space) => [space, createResponse(transferFunctions[space].lightOf)]),
    ) as Responses,
  };
  for (let start = firstSample; ; start += batchSize) {
    const windows: BlurredAndSharp[] = [];
    for (let sample = start; sample < start + batchSize; sample++) {
      const random = createRandom(seed, sample);
      windows.push(await drawWindow(sources[drawByWeight(random, weights)]!, random, settings));
    }
    yield { firstSample: start, ...stack(windows) };
  }
}

/** Values of a frame, of a window or of a batch of them. */
interface BlurredAndSharp {
  blurred: Float32Array;
  gt: Float32Array;
}

function stack(parts: readonly BlurredAndSharp[]): BlurredAndSharp {
  return {
    blurred: concatenate(parts.map(({ blurred }) => blurred)),
    gt: concatenate(parts.map(({ gt }) => gt)),
  };
}

/** What `readWindow` reads with, by averaging space. */
type Responses = Record<AveragingSpace, Uint32Array>;

interface WindowSettings {
  sizePixels: number;
  windowFrames: number;
  cache: FileCache;
  decoder: FileDecoder<FrameForWindows>;
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
  source: OpenWindowSource,
  random: Random,
  { sizePixels, windowFrames, cache, decoder, responses }: WindowSettings,
): Promise<BlurredAndSharp> {
  const { sharp, blurred } = source.videos[random.below(source.videos.length)]!;
  const exposures = drawExposures(source, sharp.length, blurred !== undefined, random, windowFrames);
  const firstPath = sharp[exposures[0]!.middle]!;
  const first = await cache.load(decoder, firstPath);
  const load = async (path: string): Promise<RgbBytes> => {
    const frame = await cache.load(decoder, path);
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
    const exposed = await Promise.all(paths.map((path) => readingsOf(path, space)));
    const display = rearrangePixels(
      makeDisplayValues(meanOfReadings(sumOf(exposed), exposed.length), space),
      sizePixels,
      crop,
    );
    return softness > 0 ? gaussianBlur(display, sizePixels, sizePixels, softness) : display;
  };

  const frames: BlurredAndSharp[] = [];
  for (const { middle, reach } of exposures) {
    const exposed = blurred ? [blurred[middle]!] : sharp.slice(middle - reach, middle + reach + 1);
    frames.push({
      gt: await average([sharp[middle]!], 'display'),
      blurred: await average(exposed, averaging),
    });
  }
  return stack(frames);
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
