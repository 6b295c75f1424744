import type { SafetensorsBytes } from '@unblur/core-model';
import { expectOptions, type OptionNames, UnblurError } from '@unblur/files';
import {
  chooseTimes,
  type ComputeEngine,
  type DeepImage,
  expectNetworkOptions,
  expectRgbImage,
  expectScale,
  type FrameChoice,
  type FrameNetwork,
  halfSizeShareFor,
  isOneColor,
  type MotionField,
  type Precision,
  readFrameNetwork,
  type RestoredSequence,
  type RgbImage,
  scaleForMotion,
  surveyMotion,
  toFractions,
  type WorkingScale,
} from '@unblur/restoration';
import { FullSize, shrinker } from './full-size.js';
import { HalfSizePasses } from './half-size-passes.js';
import { addressSpaceLimit, expectMemory } from './memory-limit.js';
import { NetworkPasses, planPasses } from './network-passes.js';
import { RestorerTurns } from './restorer-turns.js';
import { SessionsBySize } from './sessions-by-size.js';
import { openEngine, type EngineName } from '../engine-choice.js';
import { restoringBytesPerPixel } from '../pictures/photo.js';

export interface RestorerOptions {
  /**
   * The bytes of a `.safetensors` file of the photo network, such as `photo` of `@unblur/weights`, of `paper`, or
   * of the baseline of Jin et al.
   */
  weights: SafetensorsBytes;
  /**
   * What computes. Default `onnxruntime`, on the processor; `onnxruntime-webgpu` on a graphics device;
   * `tfjs-tensorflow` where `@tensorflow/tfjs-node` is installed.
   */
  engine?: EngineName | undefined;
  /** Processor threads to use, with ONNX Runtime. Default: all cores. */
  threads?: number | undefined;
  /**
   * What ONNX Runtime computes convolutions in, where weights are calibrated, as the bundled ones are. `int8`
   * (default): 8-bit integers, about 1.6 times as fast; mean gains are the same to a hundredth of a dB.
   * A graphics device computes in float32.
   */
  precision?: Precision | undefined;
  /**
   * What the network and the frames it has made may take of memory together. A larger photograph is restored
   * in tiles, many frames of it in several passes. A fixed number and not what happens to be free, so that
   * the same photograph gives the same bytes. Default 1 GiB.
   */
  memoryBudgetBytes?: number | undefined;
  /**
   * How many frames to restore, evenly spaced over the exposure; 1 is its middle. Default: 7, or those that an
   * older network has.
   */
  frames?: number | undefined;
  /**
   * Restores every photograph together with its mirror image and gives the mean: a little better, in twice
   * the time. Default false.
   */
  mirrored?: boolean | undefined;
  /**
   * The fraction of its size at which a photograph is restored. `auto` (default): the largest at which the
   * blur is no longer than the network can follow; the frames are brought back to full size. Long blur is then
   * restored at half that size too, and the mean taken.
   */
  scale?: 'auto' | WorkingScale | undefined;
}

const restorerOptions: OptionNames<RestorerOptions> = {
  weights: true,
  engine: true,
  threads: true,
  precision: true,
  memoryBudgetBytes: true,
  frames: true,
  mirrored: 'boolean',
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

/** Of a frame at one time. */
type RestoreAtOptions = Omit<RestoreOptions, keyof FrameChoice>;

const restoreAtOptions: OptionNames<RestoreAtOptions> = {
  onShare: 'function',
  scale: true,
  signal: 'signal',
};
const restoreOptions: OptionNames<RestoreOptions> = { frames: true, times: true, ...restoreAtOptions };

/** Options for frames that come one after the other. */
export interface RestoreFramesOptions extends RestoreOptions {
  /**
   * Leaves frames of large photographs, which are put together from tiles or brought to full size, the 16-bit
   * integers that they are then: ready to be written. Default false: all come as numbers from 0 to 1.
   */
  integers?: boolean | undefined;
}

const restoreFramesOptions: OptionNames<RestoreFramesOptions> = { ...restoreOptions, integers: 'boolean' };

/** A frame of a photograph. */
export interface RestoredFrame<Image = RgbImage> {
  /** Its place among the times that were asked for. */
  index: number;
  /** From -1, when the shutter opens, to 1, when it closes. */
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
  /** Whether the network tells motion; without, every one is zero. */
  readonly knowsMotion: boolean;
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
  restoreAt(photo: RgbImage, time: number, options?: RestoreAtOptions): Promise<RestoredFrame>;
  /**
   * Frees the network's memory, once the calls before it are done; those after it are refused, and frames of
   * `restoreFrames` that are not read by then.
   */
  release(): Promise<void>;
}

const defaultMemoryBudgetBytes = 1024 ** 3;
/** Address space beside the budget, measured: threads, weights and graphs. */
const fixedBytes = 700e6;

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
  const {
    engine = 'onnxruntime',
    threads,
    precision,
    ...others
  } = expectOptions(options, restorerOptions, 'createRestorer({ weights })');
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
  const turns = new RestorerTurns();
  const sessions = new SessionsBySize(network, engine, memoryBytesPerPixel, heldBudgetBytes);
  const passes = new NetworkPasses({
    multiple: network.multiple,
    memoryBytesPerPixel,
    memoryBudgetBytes,
    mirrored,
    openSession: async (width, height, framesBytes) => {
      turns.expectNotReleased();
      return sessions.open(width, height, framesBytes);
    },
  });

  async function chooseSizes(
    photo: RgbImage,
    scale: 'auto' | WorkingScale,
    shrink: (width: number, height: number) => Promise<RgbImage>,
    signal: AbortSignal | undefined,
  ): Promise<{ workingScale: WorkingScale; halfSizeShare: number }> {
    if (scale !== 'auto') return { workingScale: scale, halfSizeShare: 0 };
    if (network.reach === null || isOneColor(photo)) return { workingScale: 1, halfSizeShare: 0 };
    const length = await surveyMotion(photo, async (width, height) => {
      const copy = await shrink(width, height);
      const atEnds = await turns.afterPrevious(() => passes.findMotionsAtEnds(copy, signal), signal);
      return atEnds[1]!;
    });
    const workingScale = scaleForMotion(length, photo, network.reach);
    const size = { width: photo.width * workingScale, height: photo.height * workingScale };
    return { workingScale, halfSizeShare: halfSizeShareFor(length * workingScale, size) };
  }

  /** @param sizes passes over the photograph at its working scale. */
  async function* framesOf(
    photo: RgbImage,
    workingScale: WorkingScale,
    sizes: HalfSizePasses,
    times: readonly number[],
    onShare: (share: number) => void,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<RestoredFrame<RgbImage | DeepImage>, void, undefined> {
    // What stood still is told by the whole exposure, whatever times are asked for.
    const planned = planPasses(times, sizes.framesPerPass(), { withEnds: workingScale !== 1 });
    let fullSize: FullSize | undefined;
    for (const [done, pass] of planned.entries()) {
      signal?.throwIfAborted();
      const onPassShare = (share: number) => onShare((done + share) / planned.length);
      const restored = await turns.afterPrevious(
        () => sizes.restore(pass.times, onPassShare, signal),
        signal,
      );
      // Frames of a large photograph take the place of the network in memory; it is opened again in a moment.
      if (restored.tiles > 1 && done === planned.length - 1) {
        await turns.afterPrevious(() => sessions.release());
      }
      const motionsPixels = restored.motionsPixels.map((motion) => atFullSize(motion, workingScale));
      if (workingScale !== 1) {
        fullSize ??= await FullSize.prepare(photo, sizes.image, network.reach === null ? [] : motionsPixels);
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
      onShare((done + 1) / planned.length);
    }
  }

  async function restoreSequence(
    photo: RgbImage,
    options: RestoreOptions = {},
  ): Promise<FrameSequence<RgbImage | DeepImage>> {
    expectRgbImage(photo);
    const {
      scale = defaultScale,
      onShare = () => undefined,
      signal,
      ...choice
    } = expectOptions(options, restoreOptions, 'restore(photo, { frames: 7 })');
    expectScale(scale);
    const times = chooseTimes(choice, network.timesOf, defaultTimes);
    if (network.reach === null) expectKnownTimes(times, network.timesOf(network.defaultFrames));
    signal?.throwIfAborted();
    const shrink = shrinker(photo);
    const { workingScale, halfSizeShare } = await chooseSizes(photo, scale, shrink, signal);
    const pixels = photo.width * photo.height;
    const workedPixels = pixels * workingScale ** 2 * (halfSizeShare > 0 ? 5 / 4 : 1);
    expectMemory(
      photo,
      passes.neededBytes(workedPixels, times.length),
      fixedBytes + restoringBytesPerPixel * pixels,
      limit,
    );
    const small = await shrink(photo.width * workingScale, photo.height * workingScale);
    const sizes = new HalfSizePasses(passes, small, halfSizeShare);
    return {
      scale: workingScale,
      frames: framesOf(photo, workingScale, sizes, times, onShare, signal),
    };
  }

  async function restoreFrames(
    photo: RgbImage,
    options: RestoreFramesOptions = {},
  ): Promise<FrameSequence<RgbImage | DeepImage>> {
    const { integers = false, ...others } = expectOptions(
      options,
      restoreFramesOptions,
      'restoreFrames(photo, { frames: 7 })',
    );
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
    knowsMotion: network.knowsMotion,
    restore: (photo, options) => turns.asWhole(() => restore(photo, options)),
    // Fractions unless integers are asked for, as the two ways to call it say.
    restoreFrames: ((photo, options) =>
      turns.asWhole(() => restoreFrames(photo, options))) as Restorer['restoreFrames'],
    restoreAt: (photo, time, options = {}) =>
      turns.asWhole(async () => {
        const given = expectOptions(options, restoreAtOptions, 'restoreAt(photo, 0.5, { scale: 1 })');
        const { frames } = await restoreSequence(photo, { ...given, times: [time] });
        let restored: RestoredFrame | undefined;
        for await (const frame of inFractions(frames)) restored = frame;
        return restored!;
      }),
    release: () => turns.release(() => sessions.release()),
  };
}

async function* inFractions(frames: FrameSequence<RgbImage | DeepImage>['frames']): FrameSequence['frames'] {
  // Frames are large: none is held here as it was.
  for await (const restored of frames) yield Object.assign(restored, { frame: toFractions(restored.frame) });
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
