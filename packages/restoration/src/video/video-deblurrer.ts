import { UnblurError } from '@unblur/files/file-error';
import { excerptOfValue } from '@unblur/files/parsed-value';
import { expectOptions, type OptionNames } from '@unblur/files/options';
import type { ComputeEngine } from '../compute-engine.js';
import { expectNetworkOptions } from '../network-options.js';
import { roundUp } from '../tiling/padding.js';
import { expectRgbImage, expectStream, type RgbImage } from '../raster.js';
import { planTiles } from '../tiling/tile-plan.js';
import { neighbourBytesPerPixel, neighbourReach, SharperNeighbours } from './sharper-neighbours.js';
import { ShotDeblurring } from './shot-deblurring.js';
import { TiledSequence } from './tiled-sequence.js';
import { cascadeBytesPerPixel, reachOfCascade, VideoCascade } from './video-cascade.js';
import { readVideoNetworks, type VideoWeights } from './video-families.js';
import type { VideoNetworkConfig } from './video-network.js';
import { inShots, framesBesideCut, type ShotFrame } from './video-shots.js';

export interface VideoDeblurrerOptions {
  /**
   * The bytes of a `.safetensors` file of a network for video, or of the photo network, which makes every
   * frame sharp by itself. The file says which. Several files: what their networks make of a frame is
   * averaged (`averageNetworks`), each of which goes over the clip once.
   */
  weights: VideoWeights;
  /** What computes the network. */
  engine: ComputeEngine;
  /** Frames for which the network would need more memory than this are deblurred in tiles. Default 3 GiB. */
  memoryBudgetBytes?: number | undefined;
  /**
   * Makes every frame sharp together with its mirror image and gives the mean: a little better, in almost
   * twice the time. Default false.
   */
  mirrored?: boolean | undefined;
  /**
   * Makes every frame sharp from the frames beside it, whatever they show, as the network is defined: cuts,
   * repeated frames and still parts are not looked for, nor does a frame take from those beside it what they
   * show more sharply (`SharperNeighbours`). Default false.
   */
  windowsOnly?: boolean | undefined;
}

const deblurrerOptions: OptionNames<VideoDeblurrerOptions> = {
  weights: true,
  engine: true,
  memoryBudgetBytes: true,
  mirrored: 'boolean',
  windowsOnly: 'boolean',
};

export interface VideoDeblurrer {
  /** Of the first weights. */
  readonly config: VideoNetworkConfig;
  /** Whether mirror images are averaged in. */
  readonly mirrored: boolean;
  /** Height and width of what the network computes are multiples of this. */
  readonly multiple: number;
  /** Multiply-adds of all passes for each pixel of a frame, its mirror image apart. */
  readonly multiplyAddsPerPixel: number;
  /**
   * @throws UnblurError when frames of this size alone, without the network, would take more memory than
   * there is budget for.
   */
  expectFrameSize(width: number, height: number): void;
  /**
   * The frames of a clip, all of one size, made sharp one after another. Shots are found: before the first
   * and after the last frame of one, that frame is repeated. Frames that repeat the one before them are
   * neither looked at nor made sharp again. Memory does not depend on the number of frames. A frame is not
   * looked at any more when the next is asked for.
   *
   * @throws UnblurError when frames are nothing to go through, or one has another size than those before it,
   * or one that the memory budget does not allow; when an option makes no sense.
   */
  deblur(
    frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
    options?: DeblurOptions,
  ): AsyncGenerator<RgbImage, void, undefined>;
}

export interface DeblurOptions {
  /**
   * Every sharp frame is written over the one before it: what goes through a stream leaves nothing to collect.
   * Default false.
   */
  overwrites?: boolean | undefined;
  /**
   * Number of the first frame that is wanted, counted from 0. Those before it are only looked at, so that the
   * others become what they are in the whole clip. Default 0.
   */
  from?: number | undefined;
}

const deblurOptions: OptionNames<DeblurOptions> = { overwrites: 'boolean', from: true };

const defaultMemoryBudgetBytes = 3 * 1024 ** 3;
/** What neighbouring tiles share: motions longer than half of this may show at seams. */
const overlapPixels = 128;
/**
 * What is kept for each pixel of a frame beside what cascades keep: the frame as it is read, padded, blended,
 * cropped and written, and those that wait until cuts are known.
 */
const passingBytesPerPixel = (4 + framesBesideCut + 1) * 12 + 2 * 6;

/**
 * Makes a deblurrer from weights. The network is opened for the size of the frames.
 *
 * @throws UnblurError when an option makes no sense or the weights are invalid.
 */
export function createVideoDeblurrer(options: VideoDeblurrerOptions): VideoDeblurrer {
  expectOptions(options, deblurrerOptions, 'createVideoDeblurrer({ weights, engine })');
  const {
    weights,
    engine,
    memoryBudgetBytes = defaultMemoryBudgetBytes,
    mirrored = false,
    windowsOnly = false,
  } = options;
  expectNetworkOptions({ memoryBudgetBytes });
  const network = readVideoNetworks(weights, mirrored);
  const keepsStill = !windowsOnly;
  const reach = reachOfCascade(network, keepsStill);
  const reachOfAll = reach + (windowsOnly ? 0 : neighbourReach);
  const limits = {
    multiple: network.multiple,
    overlapPixels,
    maximumPixels: Math.floor(memoryBudgetBytes / network.computedBytesPerPixel),
  };

  function expectFrameSize(width: number, height: number): void {
    const neededBytes =
      width *
      height *
      (cascadeBytesPerPixel(network, keepsStill) +
        passingBytesPerPixel +
        (windowsOnly ? 0 : neighbourBytesPerPixel));
    if (neededBytes <= memoryBudgetBytes) return;
    const inGiB = (bytes: number) => `${Number((bytes / 2 ** 30).toFixed(1))} GiB`;
    throw new UnblurError(
      `Frames of ${width}x${height} take ${inGiB(neededBytes)} of memory, more than the budget of ${inGiB(memoryBudgetBytes)}; scale the clip down first, or allow more with a memoryBudgetBytes of ${Math.ceil(neededBytes / 2 ** 30)} GiB`,
    );
  }

  async function open({ width, height }: RgbImage, overwrites: boolean): Promise<ShotDeblurring> {
    expectFrameSize(width, height);
    const plan = planTiles(roundUp(width, limits.multiple), roundUp(height, limits.multiple), limits);
    const opened = await network.open(plan.tileWidth, plan.tileHeight, engine);
    const startCascade = () =>
      new VideoCascade(network, opened, { width: plan.tileWidth, height: plan.tileHeight, keepsStill });
    try {
      return new ShotDeblurring(
        new TiledSequence(width, height, plan, opened, startCascade, overwrites),
        windowsOnly ? undefined : new SharperNeighbours(width, height, overwrites),
        reach,
      );
    } catch (cause) {
      await opened.release();
      throw cause;
    }
  }

  async function* deblur(
    frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
    options: DeblurOptions = {},
  ): AsyncGenerator<RgbImage, void, undefined> {
    expectOptions(options, deblurOptions, 'deblur(frames, { from: 10 })');
    const { overwrites = false, from = 0 } = options;
    if (!(Number.isInteger(from) && from >= 0)) {
      throw new UnblurError(
        `Expected a whole number of at least 0 for from but received ${excerptOfValue(from)}`,
      );
    }
    expectStream(frames, 'frames, as a list of images or a stream such as readFrames gives');
    const checked = expectOneSize(frames);
    let shot: ShotDeblurring | undefined;
    /** Frames of the present shot before the first that is wanted, as far as that one looks. */
    let before: RgbImage[] = [];
    let seen = 0;
    try {
      for await (const { frame, shownFrames, startsShot } of windowsOnly
        ? asOneShot(checked)
        : inShots(checked)) {
        if (startsShot) {
          if (shot) yield* shot.finish();
          before = [];
        }
        seen += shownFrames;
        if (seen <= from) {
          if (reachOfAll > 0) {
            before = [...before, { ...frame, data: frame.data.slice() }].slice(-reachOfAll);
          }
          continue;
        }
        shot ??= await open(frame, overwrites);
        const times = Math.min(shownFrames, seen - from);
        yield* shot.awaitsFrames ? shot.push(frame, times) : shot.begin([...before, frame], times);
        before = [];
      }
      if (shot) yield* shot.finish();
    } finally {
      await shot?.release();
    }
  }

  return {
    config: network.config,
    mirrored,
    multiple: network.multiple,
    multiplyAddsPerPixel: network.passes * network.multiplyAddsPerPixel,
    expectFrameSize,
    deblur,
  };
}

/** @throws UnblurError when a frame has another size than the first. */
async function* expectOneSize(
  frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
): AsyncGenerator<RgbImage, void, undefined> {
  let size: { width: number; height: number } | undefined;
  let number = 0;
  for await (const frame of frames) {
    expectRgbImage(frame, `frame ${number++}`);
    size ??= { width: frame.width, height: frame.height };
    if (frame.width !== size.width || frame.height !== size.height) {
      throw new UnblurError(
        `Expected frames of one size, ${size.width}x${size.height} like the first, but one is ${frame.width}x${frame.height}; scale the clip to one size first`,
      );
    }
    yield frame;
  }
}

async function* asOneShot(frames: AsyncIterable<RgbImage>): AsyncGenerator<ShotFrame, void, undefined> {
  let startsShot = true;
  for await (const frame of frames) {
    yield { frame, shownFrames: 1, startsShot };
    startsShot = false;
  }
}
