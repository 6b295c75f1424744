import type { SafetensorsBytes } from '@unblur/core-model';
import { UnblurError, waitUnlessAborted } from '@unblur/files';
import {
  chooseTimes,
  type ComputeEngine,
  type DeepImage,
  expectNetworkOptions,
  expectOptions,
  expectRgbImage,
  expectScale,
  type FrameChoice,
  type FrameNetwork,
  isOneColor,
  type MotionField,
  type NetworkSession,
  type OptionNames,
  type Precision,
  readFrameNetwork,
  type RestoredSequence,
  restoreInTiles,
  restoreWithMirrorImage,
  type RgbImage,
  scaleForMotion,
  surveyMotion,
  type TiledRestoration,
  tileOverlapPixels,
  toFractions,
  type WorkingScale,
} from '@unblur/restoration';
import { FullSize, shrinker } from './full-size.js';
import { addressSpaceLimit, expectMemory } from './memory-limit.js';
import { openEngine, type EngineName } from '../engine-choice.js';

export interface RestorerOptions {
  /** The bytes of a `.safetensors` file of the photo network, of `paper`, or of the baseline of Jin et al. */
  weights: SafetensorsBytes;
  /** What computes. Default `onnxruntime`; `tfjs-tensorflow` where `@tensorflow/tfjs-node` is installed. */
  engine?: EngineName;
  /** Processor threads to use, with ONNX Runtime. Default: all cores. */
  threads?: number;
  /**
   * What ONNX Runtime computes convolutions in, where weights are calibrated, as the bundled ones are. `int8`
   * (default): 8-bit integers, about 1.6 times as fast; gains are the same to a few hundredths of a dB.
   */
  precision?: Precision;
  /**
   * What the network and the frames it has made may take of memory together. A larger photograph is restored
   * in tiles, many frames of it in several passes. A fixed number and not what happens to be free, so that
   * the same photograph gives the same bytes. Default 1 GiB.
   */
  memoryBudgetBytes?: number;
  /**
   * How many frames to restore, evenly spaced over the exposure: 2 or more. Default: 7, or those that an
   * older network has.
   */
  frames?: number;
  /**
   * Restores every photograph together with its mirror image and gives the mean: a little better, in twice
   * the time. Default false.
   */
  mirrored?: boolean;
  /**
   * The fraction of its size at which a photograph is restored. `auto` (default): the largest at which the
   * blur is no longer than the network can follow; the frames are brought back to full size.
   */
  scale?: 'auto' | WorkingScale;
}

const restorerOptions: OptionNames<RestorerOptions> = {
  weights: true,
  engine: true,
  threads: true,
  precision: true,
  memoryBudgetBytes: true,
  frames: true,
  mirrored: true,
  scale: true,
};

/** Without a choice of frames, those of the restorer's `frames` are restored. */
export interface RestoreOptions extends FrameChoice {
  /** Called with the fraction of the work that is done, 0 to 1. */
  onShare?: ((share: number) => void) | undefined;
  /** The fraction of its size at which this photograph is restored. Default: the restorer's. */
  scale?: 'auto' | WorkingScale | undefined;
  /**
   * Stops between two frames, and at once while other photographs are restored; what was asked for is then
   * rejected with the signal's reason.
   */
  signal?: AbortSignal | undefined;
}

const restoreOptions: OptionNames<RestoreOptions> = {
  frames: true,
  times: true,
  onShare: true,
  scale: true,
  signal: true,
};

/** Options for frames that come one after the other. */
export interface RestoreFramesOptions extends RestoreOptions {
  /**
   * Leaves frames of large photographs, which are put together from tiles or brought to full size, the 16-bit
   * integers that they are then: ready to be written. Default false: all come as numbers from 0 to 1.
   */
  integers?: boolean | undefined;
}

const restoreFramesOptions: OptionNames<RestoreFramesOptions> = { ...restoreOptions, integers: true };

/** A frame of a photograph. */
export interface RestoredFrame<Image = RgbImage> {
  /** Its place among the times that were asked for. */
  index: number;
  time: number;
  frame: Image;
  /** Where the scene lies relative to the middle of the exposure. */
  motionPixels: MotionField;
}

/** Frames that come one after the other, so that they need not all be kept. */
export interface FrameSequence<Image = RgbImage> {
  /** At which fraction of its size the photograph was restored. */
  scale: WorkingScale;
  frames: AsyncGenerator<RestoredFrame<Image>, void, undefined>;
}

export interface Restorer {
  readonly config: FrameNetwork['config'];
  /** Of the frames that are restored where no times are given, increasing. */
  readonly times: readonly number[];
  /** Whether frames can be had at any time, or only at those that the network was trained for. */
  readonly anyTime: boolean;
  /**
   * Restores one photograph of any size; calls wait for each other. The same photograph gives the same
   * values.
   */
  restore(photo: RgbImage, options?: RestoreOptions): Promise<RestoredSequence & { scale: WorkingScale }>;
  /** The same, one frame after the other, in no particular order. */
  restoreFrames(
    photo: RgbImage,
    options?: RestoreFramesOptions & { integers?: false | undefined },
  ): Promise<FrameSequence>;
  restoreFrames(photo: RgbImage, options: RestoreFramesOptions): Promise<FrameSequence<RgbImage | DeepImage>>;
  /**
   * The frame at one time of the exposure, from -1 to 1. @throws UnblurError where the network has frames at
   * times of its own only.
   */
  restoreAt(
    photo: RgbImage,
    time: number,
    options?: Omit<RestoreOptions, keyof FrameChoice>,
  ): Promise<RestoredFrame>;
  /**
   * Frees the network's memory, once the calls before it are done; those after it are refused, and frames of
   * `restoreFrames` that are not read by then.
   */
  release(): Promise<void>;
}

const defaultMemoryBudgetBytes = 1024 ** 3;
/** Frames may take so much of the budget before they are made in several passes. */
const framesFraction = 0.6;
/** Of a frame in the making: as floats, or as 16-bit integers where it is put together from tiles. */
const bytesPerFramePixel = { whole: 12, tiled: 6 };
/**
 * Address space beside the budget, measured: threads, weights and graphs; the photograph, and its frames
 * while they are put together and written.
 */
const besideBudget = { fixedBytes: 700e6, bytesPerPixel: 60 };
/** With the mirror image there are the frame, its mirror image's, that one turned, and their mean. */
const copiesWhenMirrored = 4;
/**
 * As many sizes are restored without tracing anew: those of a photograph and of the copies that its motion is
 * looked for on, where the memory of their sessions and of its frames adds up to no more than the budget.
 */
const maximumSessions = 5;

/**
 * Makes a restorer from weights. The network is prepared for each image size it meets.
 *
 * A photograph above the memory budget is restored in tiles that overlap; no value of the photo network
 * depends on the whole picture, so tiles agree where they meet, and are blended there.
 *
 * @throws UnblurError when an option makes no sense, the weights are invalid, or their network cannot give
 * that number of frames.
 */
export async function createRestorer(options: RestorerOptions): Promise<Restorer> {
  expectOptions(options, restorerOptions, 'createRestorer({ weights })');
  const { engine = 'onnxruntime', threads, precision, ...others } = options;
  expectNetworkOptions({ threads });
  return createRestorerOn(() => openEngine(engine, { threads, precision }), others);
}

/**
 * As `createRestorer`, on an engine of the caller's own, which is opened once the options have been checked.
 */
export async function createRestorerOn(
  openOwnEngine: () => Promise<ComputeEngine>,
  options: Omit<RestorerOptions, 'engine' | 'threads' | 'precision'>,
): Promise<Restorer> {
  const {
    weights,
    memoryBudgetBytes = defaultMemoryBudgetBytes,
    frames,
    mirrored = false,
    scale: defaultScale = 'auto',
  } = options;
  expectNetworkOptions({ memoryBudgetBytes });
  expectScale(defaultScale);
  // Taken before the first photograph: what that leaves taken serves the next.
  const limit = addressSpaceLimit();
  // Under a limit, photographs are refused by what they take themselves: sessions for others leave them room.
  const heldBudgetBytes = limit === undefined ? memoryBudgetBytes : memoryBudgetBytes / 2;
  const network = readFrameNetwork(weights);
  const engine = await openOwnEngine();
  const memoryBytesPerPixel = network.memoryBytesPerPixel * engine.memoryFactor;
  const defaultTimes = network.timesOf(frames ?? network.defaultFrames);
  /** By size, the least recently used one first. What a session has once taken of memory it keeps. */
  const sessions = new Map<string, { session: NetworkSession; pixels: number }>();

  /** What was asked for and is not done. */
  const atWork = new Set<Promise<unknown>>();
  let state: 'open' | 'closing' | 'released' = 'open';
  let previous: Promise<unknown> = Promise.resolve();
  /** @throws the signal's reason at once where it is aborted before it is the work's turn. */
  async function afterPrevious<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = previous;
    const result = turn.then(() => {
      signal?.throwIfAborted();
      return work();
    });
    previous = result.catch(() => undefined);
    await waitUnlessAborted(signal, turn);
    return result;
  }

  const refuse = () => {
    throw new UnblurError('This restorer has been released: make another with createRestorer');
  };

  /** Work of several turns, for which a release waits. @throws UnblurError after that was asked for. */
  async function asWhole<T>(work: () => Promise<T>): Promise<T> {
    if (state !== 'open') refuse();
    const result = work();
    atWork.add(result);
    return result.finally(() => atWork.delete(result));
  }

  /** The session for a size, the least recently used ones making room. @param framesBytes what is kept beside it. */
  async function sessionFor(width: number, height: number, framesBytes = 0): Promise<NetworkSession> {
    if (state === 'released') refuse();
    const key = `${width}x${height}`;
    const known = sessions.get(key);
    sessions.delete(key);
    const pixels = width * height;
    const heldBytes = () =>
      [...sessions.values()].reduce((sum, held) => sum + held.pixels, pixels) * memoryBytesPerPixel;
    for (const [size, { session }] of sessions) {
      if (sessions.size < maximumSessions && heldBytes() + framesBytes <= heldBudgetBytes) break;
      sessions.delete(size);
      await session.release();
    }
    const session = known?.session ?? (await network.open(width, height, engine));
    sessions.set(key, { session, pixels });
    return session;
  }

  async function releaseSessions(): Promise<void> {
    for (const { session } of sessions.values()) await session.release();
    sessions.clear();
  }

  function frameBytes({ width, height }: RgbImage): number {
    const pixels = width * height;
    const whole = pixels * memoryBytesPerPixel <= memoryBudgetBytes * (1 - framesFraction);
    return (
      pixels *
      (whole ? bytesPerFramePixel.whole : bytesPerFramePixel.tiled) *
      (mirrored ? copiesWhenMirrored : 1)
    );
  }

  const tileLimits = (networkBytes: number) => ({
    multiple: network.multiple,
    overlapPixels: tileOverlapPixels,
    maximumPixels: Math.floor(networkBytes / memoryBytesPerPixel),
  });

  /**
   * All of some times at once. @param times as many before the middle as after it, the same, so that a tile
   * can be turned round in time.
   */
  function restorePass(
    photo: RgbImage,
    times: readonly number[],
    onShare: (share: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<TiledRestoration> {
    const framesBytes = frameBytes(photo) * times.length;
    const networkBytes = Math.max(memoryBudgetBytes * (1 - framesFraction), memoryBudgetBytes - framesBytes);
    const restoreTile = async (
      tile: RgbImage,
      { done, total }: { done: number; total: number },
    ): Promise<RestoredSequence> => {
      const session = await sessionFor(tile.width, tile.height, framesBytes);
      let halves = 0;
      const restoreHalf = (image: RgbImage) => {
        const before = halves++;
        return session.restore(image, times, {
          onShare: (share) => onShare((done + (before + share) / (mirrored ? 2 : 1)) / total),
          signal,
        });
      };
      return mirrored ? restoreWithMirrorImage(tile, restoreHalf) : restoreHalf(tile);
    };
    return afterPrevious(() => restoreInTiles(photo, tileLimits(networkBytes), restoreTile, signal), signal);
  }

  /** Where things are at both ends of the exposure. */
  async function findMotionsAtEnds(photo: RgbImage, signal: AbortSignal | undefined): Promise<MotionField[]> {
    const limits = tileLimits(memoryBudgetBytes);
    const ofTile = async (tile: RgbImage): Promise<RestoredSequence> => {
      const session = await sessionFor(tile.width, tile.height);
      return { frames: [], motionsPixels: await session.findMotions(tile, [-1, 1]) };
    };
    const { motionsPixels } = await afterPrevious(
      () => restoreInTiles(photo, limits, ofTile, signal),
      signal,
    );
    return motionsPixels;
  }

  async function chooseScale(
    photo: RgbImage,
    scale: 'auto' | WorkingScale,
    shrink: (width: number, height: number) => Promise<RgbImage>,
    signal: AbortSignal | undefined,
  ): Promise<WorkingScale> {
    if (scale !== 'auto') return scale;
    if (network.reach === null || isOneColor(photo)) return 1;
    const length = await surveyMotion(photo, async (width, height) => {
      const copy = await shrink(width, height);
      return (await findMotionsAtEnds(copy, signal))[1]!;
    });
    return scaleForMotion(length, photo, network.reach);
  }

  /** @param small the photograph at its working scale. */
  async function* framesOf(
    photo: RgbImage,
    small: RgbImage,
    workingScale: WorkingScale,
    times: readonly number[],
    onShare: (share: number) => void,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<RestoredFrame<RgbImage | DeepImage>, void, undefined> {
    // What stood still is told by the whole exposure, whatever times are asked for.
    const passes = planPasses(times, Math.floor((memoryBudgetBytes * framesFraction) / frameBytes(small)), {
      withEnds: workingScale !== 1,
    });
    let fullSize: FullSize | undefined;
    for (const [done, pass] of passes.entries()) {
      signal?.throwIfAborted();
      const restored = await restorePass(
        small,
        pass.times,
        (share) => onShare((done + share) / passes.length),
        signal,
      );
      // Frames of a large photograph take the place of the network in memory; it is opened again in a moment.
      if (restored.tiles > 1 && done === passes.length - 1) await afterPrevious(releaseSessions);
      const motionsPixels = restored.motionsPixels.map((motion) => atFullSize(motion, workingScale));
      if (workingScale !== 1) {
        fullSize ??= await FullSize.prepare(photo, small, network.reach === null ? [] : motionsPixels);
      }
      for (const index of pass.wanted) {
        const frame = restored.takeFrame(index);
        signal?.throwIfAborted();
        const time = pass.times[index]!;
        yield {
          index: times.indexOf(time),
          time,
          frame: fullSize ? await fullSize.bring(frame) : frame,
          motionPixels: motionsPixels[index]!,
        };
      }
      onShare((done + 1) / passes.length);
    }
  }

  async function restoreSequence(
    photo: RgbImage,
    options: RestoreOptions = {},
  ): Promise<FrameSequence<RgbImage | DeepImage>> {
    expectRgbImage(photo);
    expectOptions(options, restoreOptions, 'restore(photo, { frames: 7 })');
    const { scale = defaultScale, onShare = () => undefined, signal, ...choice } = options;
    expectScale(scale);
    const times = chooseTimes(choice, network.timesOf, defaultTimes);
    if (network.reach === null) expectKnownTimes(times, network.timesOf(network.defaultFrames));
    signal?.throwIfAborted();
    const shrink = shrinker(photo);
    const workingScale = await chooseScale(photo, scale, shrink, signal);
    const pixels = photo.width * photo.height;
    const smallPixels = pixels * workingScale ** 2;
    const networkAndFramesBytes =
      smallPixels * (memoryBytesPerPixel + bytesPerFramePixel.tiled * times.length);
    expectMemory(
      photo,
      Math.min(memoryBudgetBytes, networkAndFramesBytes),
      besideBudget.fixedBytes + besideBudget.bytesPerPixel * pixels,
      limit,
    );
    const small = await shrink(photo.width * workingScale, photo.height * workingScale);
    return { scale: workingScale, frames: framesOf(photo, small, workingScale, times, onShare, signal) };
  }

  async function restoreFrames(
    photo: RgbImage,
    options: RestoreFramesOptions = {},
  ): Promise<FrameSequence<RgbImage | DeepImage>> {
    expectOptions(options, restoreFramesOptions, 'restoreFrames(photo, { frames: 7 })');
    const { integers = false, ...others } = options;
    const sequence = await restoreSequence(photo, others);
    return integers ? sequence : { ...sequence, frames: inFractions(sequence.frames) };
  }

  async function restore(
    photo: RgbImage,
    options: RestoreOptions = {},
  ): Promise<RestoredSequence & { scale: WorkingScale }> {
    const { scale: workingScale, frames } = await restoreSequence(photo, options);
    const restored = { frames: [] as RgbImage[], motionsPixels: [] as MotionField[], scale: workingScale };
    for await (const { index, frame, motionPixels } of inFractions(frames)) {
      restored.frames[index] = frame;
      restored.motionsPixels[index] = motionPixels;
    }
    return restored;
  }

  return {
    config: network.config,
    times: defaultTimes,
    anyTime: network.reach !== null,
    restore: (photo, options) => asWhole(() => restore(photo, options)),
    // Fractions unless integers are asked for, as the two ways to call it say.
    restoreFrames: ((photo, options) =>
      asWhole(() => restoreFrames(photo, options))) as Restorer['restoreFrames'],
    restoreAt: (photo, time, options) =>
      asWhole(async () => {
        const { frames } = await restoreSequence(photo, { ...options, times: [time] });
        let restored: RestoredFrame | undefined;
        for await (const frame of inFractions(frames)) restored = frame;
        return restored!;
      }),
    async release() {
      if (state === 'open') state = 'closing';
      await Promise.allSettled(atWork);
      await afterPrevious(() => {
        state = 'released';
        return releaseSessions();
      });
    },
  };
}

async function* inFractions(frames: FrameSequence<RgbImage | DeepImage>['frames']): FrameSequence['frames'] {
  // Frames are large: none is held here as it was.
  for await (const restored of frames) yield Object.assign(restored, { frame: toFractions(restored.frame) });
}

interface Pass {
  /** As many before the middle as after it, the same. */
  times: number[];
  /** Indices of those that were asked for. */
  wanted: number[];
}

/**
 * Splits times into passes of at most so many frames (at least two), every time together with its opposite:
 * only then can a tile whose time runs backwards be reversed. Goes from the ends of the exposure to its
 * middle.
 *
 * @param withEnds whether the first pass includes the ends of the exposure even if they are not asked for.
 */
export function planPasses(
  times: readonly number[],
  framesPerPass: number,
  { withEnds }: { withEnds: boolean },
): Pass[] {
  const wanted = new Set(times);
  const lengths = [...new Set([...(withEnds ? [1] : []), ...times.map(Math.abs)])].sort((a, b) => b - a);
  const pairsPerPass = Math.max(1, Math.floor(framesPerPass / 2));
  const passes: Pass[] = [];
  for (let start = 0; start < lengths.length; start += pairsPerPass) {
    const pairs = lengths.slice(start, start + pairsPerPass);
    const inOrder = [...new Set([...pairs.map((time) => 0 - time), ...pairs])].sort((a, b) => a - b);
    passes.push({
      times: inOrder,
      wanted: inOrder.flatMap((time, index) => (wanted.has(time) ? [index] : [])),
    });
  }
  return passes;
}

function atFullSize({ data, stridePixels, ...size }: MotionField, scale: WorkingScale): MotionField {
  return scale === 1
    ? { ...size, stridePixels, data }
    : { ...size, stridePixels: stridePixels / scale, data: data.map((value) => value / scale) };
}

/** @throws UnblurError where a network that has frames at times of its own has none at one that is wanted. */
function expectKnownTimes(times: readonly number[], known: readonly number[]): void {
  const unknown = times.find((time) => !known.includes(time));
  if (unknown !== undefined) {
    throw new UnblurError(
      `Expected times at which this network has frames (${known.map((time) => Number(time.toFixed(3))).join(', ')}) but received ${unknown}; weights of the photo network have frames at any time`,
    );
  }
}
