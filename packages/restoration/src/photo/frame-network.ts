import {
  consistencyCorrection,
  consistencyTimes,
  frameTimes,
  photoFamily,
  photoMultiple,
  trajectoryStridePixels,
  type FrameExtractionConfig,
  type PaperConfig,
  type PhotoConfig,
  type PhotoNetwork,
  type SafetensorsBytes,
} from '@unblur/core-model';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { ComputedFunction, ComputeEngine, OpenFunction } from '../compute-engine.js';
import { clampToDisplay, expectFinite } from '../display-range.js';
import { ConsistentFrames, consistencyRenderings, type FrameMaker } from './consistent-frames.js';
import { readFixedTimesNetwork, type FixedTimesNetwork } from './fixed-times-network.js';
import { motionAlong, type MotionField } from '../motion-field.js';
import { selectFrames } from './frame-selection.js';
import { photoWork } from './photo-work.js';
import type { RestoredSequence, RgbImage } from '../raster.js';
import { UnblurError } from '@unblur/files/file-error';
import { explainWeights } from '../unusable-weights.js';
import type { Reach } from './working-scale.js';

/** A network for one image size, its weights in place, ready to run. */
export interface NetworkSession {
  /**
   * Where the scene lies at some times, relative to the middle of the exposure. Of the photo network that takes
   * the analysis alone, which is not done again when frames of the same image are wanted next.
   */
  findMotions(image: RgbImage, times: readonly number[]): Promise<MotionField[]>;
  /**
   * The frames at some of the times that the network knows, in the order asked for.
   * @param options.onShare called with the fraction of the work that is done, 0 to 1, between two frames: by a
   * network that makes one after the other.
   * @param options.signal stops there.
   */
  restore(
    image: RgbImage,
    times: readonly number[],
    options?: { onShare?: (share: number) => void; signal?: AbortSignal | undefined },
  ): Promise<RestoredSequence>;
  release(): Promise<void>;
}

/** Any network that restores the frames of one photograph, with its weights. */
export interface FrameNetwork {
  config: PhotoConfig | PaperConfig | FrameExtractionConfig;
  /** Height and width of its input are multiples of this. */
  multiple: number;
  /** The most that ONNX Runtime takes for each pixel of an image, beside the weights. */
  memoryBytesPerPixel: number;
  /**
   * Up to how far from the middle of the exposure to its end things may move, in pixels, for a scale to be
   * the best one; `null` where nothing is known of that.
   */
  reach: Reach | null;
  /** Whether it tells motion; without, every one is zero. */
  knowsMotion: boolean;
  /** How many frames are restored where no number is asked for. */
  defaultFrames: number;
  /**
   * The times, from -1 to 1, of so many frames. @throws UnblurError that names the numbers that are possible.
   */
  timesOf(frames: number): number[];
  /** @param width, height multiples of `multiple`. */
  open(width: number, height: number, engine: ComputeEngine): Promise<NetworkSession>;
}

/**
 * Reads the weights of a network for photographs: the file says which one. @throws UnblurError when they are
 * invalid.
 */
export function readFrameNetwork(weights: SafetensorsBytes): FrameNetwork {
  return explainWeights(() => {
    const fixed = readFixedTimesNetwork(weights);
    return fixed ? fixedTimesNetwork(fixed) : photoNetwork(weights);
  });
}

/** Of a network that restores frames at any time, where no number is asked for. */
export const photoFrames = 7;
const mostFrames = 1001;

/**
 * That many times, evenly spaced from -1 to 1, for a network that restores frames at any time; for one frame,
 * the middle of the exposure. @throws UnblurError unless `frames` is a whole number in range.
 */
export function anyTimes(frames: number): number[] {
  if (!(Number.isInteger(frames) && frames >= 1 && frames <= mostFrames)) {
    throw new UnblurError(`Expected a whole number of frames from 1 to ${mostFrames} but received ${frames}`);
  }
  return frames === 1 ? [0] : frameTimes(frames);
}

/** A function of named tensors, its weights apart, for images of one size. */
type NetworkFunction = Pick<ComputedFunction, 'compute' | 'inputShapes'>;

/** The name of the frame at one of `consistencyTimes` among the inputs of `consistency`. */
const consistencyInput = (index: number) => `frame${index}`;

/** The inputs of `consistency`: the image, and its frames at `consistencyTimes`. */
export const consistencyInputs = (
  blurred: Float32Array,
  frames: readonly Float32Array[],
): Record<string, Float32Array> => ({
  blurred,
  ...Object.fromEntries(frames.map((frame, index) => [consistencyInput(index), frame])),
});

/**
 * The parts of the photo network for images of a size, sides multiples of `photoMultiple`. `analysis`:
 * `blurred` to `middle`, `trajectory` and `feature`, see `PhotoScene`. `rendering`: those and `time` to
 * `frame`, which may exceed [0, 1]. `consistency`: `consistencyInputs` to `correction`, which every frame
 * lacks.
 */
export function photoFunctions(
  network: PhotoNetwork,
  width: number,
  height: number,
): { analysis: NetworkFunction; rendering: NetworkFunction; consistency: NetworkFunction } {
  const image = [1, height, width, 3];
  return {
    analysis: {
      compute: ({ blurred }, weightTensors) => ({ ...network.analyze(blurred as Tensor4D, weightTensors) }),
      inputShapes: { blurred: image },
    },
    rendering: {
      compute: ({ middle, trajectory, feature, time }, weightTensors) => {
        const scene = {
          middle: middle as Tensor4D,
          trajectory: trajectory as Tensor4D,
          feature: feature as Tensor4D,
        };
        return { frame: network.renderAt(scene, time as Tensor4D, weightTensors) };
      },
      inputShapes: {
        middle: image,
        trajectory: [1, height / trajectoryStridePixels, width / trajectoryStridePixels, 6],
        feature: [1, height / 2, width / 2, network.config.frameChannels],
        time: [1, 1, 1, 1],
      },
    },
    consistency: {
      compute: ({ blurred, ...frames }) => ({
        correction: consistencyCorrection(
          blurred as Tensor4D,
          consistencyTimes.map((_, index) => frames[consistencyInput(index)] as Tensor4D),
        ),
      }),
      inputShapes: {
        blurred: image,
        ...Object.fromEntries(consistencyTimes.map((_, index) => [consistencyInput(index), image])),
      },
    },
  };
}

/** How far the photo network follows what moves. */
export const photoReach: Reach = { fullSizePixels: 17.5, fullSizePixelsOfLarge: 8, smallerPixels: 14 };

/** An image, and what all its frames are made from: outputs of the analysis by name. */
interface AnalyzedImage {
  data: Float32Array;
  scene: Record<string, Float32Array>;
  frames?: ConsistentFrames;
}

function photoNetwork(weights: SafetensorsBytes): FrameNetwork {
  const { config, ...read } = photoFamily.readWeights(weights);
  const network = photoFamily.declare(config);
  const work = photoWork(network);
  /** Analysing an image takes as long as rendering so many frames of it. */
  const analysisFrames = work.analysis / work.frame;
  return {
    config,
    multiple: photoMultiple,
    memoryBytesPerPixel: photoMemoryBytesPerPixel(config),
    reach: photoReach,
    knowsMotion: true,
    defaultFrames: photoFrames,
    timesOf: anyTimes,
    async open(width, height, engine) {
      const functions = photoFunctions(network, width, height);
      const analysis = await engine.open({ ...functions.analysis, weights: read });
      let rendering: OpenFunction | undefined;
      let consistency: OpenFunction | undefined;
      let latest: AnalyzedImage | undefined;
      /** What all frames of an image are made from; that of the latest one is kept. */
      const analyze = async ({ data }: RgbImage) => {
        if (!latest?.data.every((value, index) => value === data[index])) {
          latest = undefined;
          const scene = await analysis.run({ blurred: data });
          // What is looked up along it reads outside the picture where it is no number.
          expectFinite(scene['trajectory']!);
          latest = { data: data.slice(), scene };
        }
        return latest;
      };
      const makerOf = ({ data, scene }: AnalyzedImage): FrameMaker => ({
        async renderAt(time) {
          // The others are made from the middle one: frames are changed in place.
          if (time === 0) return scene['middle']!.slice();
          rendering ??= await engine.open({ ...functions.rendering, weights: read });
          return (await rendering.run({ ...scene, time: Float32Array.of(time) }))['frame']!;
        },
        async correctionFor(frames) {
          consistency ??= await engine.open({ ...functions.consistency, weights: read });
          return (await consistency.run(consistencyInputs(data, frames)))['correction']!;
        },
      });
      return {
        async findMotions(image, times) {
          const { scene } = await analyze(image);
          return times.map((time) => motionAlong(scene['trajectory']!, image, time));
        },
        async restore(image, times, { onShare = () => undefined, signal } = {}) {
          const analyzed = await analyze(image);
          const isThere = (time: number) =>
            analyzed.frames ? analyzed.frames.has(time) : consistencyTimes.includes(time);
          const renderings = times.filter((time) => time !== 0 && !isThere(time)).length;
          const tellDone = (rendered: number) =>
            onShare((analysisFrames + rendered) / (analysisFrames + consistencyRenderings + renderings));
          const frames = (analyzed.frames ??= await ConsistentFrames.prepare(makerOf(analyzed), {
            onRendering: tellDone,
            signal,
          }));
          const restored: RestoredSequence = { frames: [], motionsPixels: [] };
          let rendered = consistencyRenderings;
          try {
            for (const time of times) {
              signal?.throwIfAborted();
              tellDone(rendered);
              if (time !== 0 && !frames.has(time)) rendered++;
              restored.frames.push({ width, height, data: await frames.frameAt(time) });
              restored.motionsPixels.push(motionAlong(analyzed.scene['trajectory']!, image, time));
            }
          } finally {
            frames.forget();
          }
          return restored;
        },
        async release() {
          await analysis.release();
          await rendering?.release();
          await consistency?.release();
        },
      };
    },
  };
}

/**
 * Of ONNX Runtime's peak, measured (880 bytes for the shipped widths): fourteen features of the widest level,
 * at half the size, at once.
 */
export function photoMemoryBytesPerPixel({ channels, frameChannels }: PhotoConfig): number {
  return (4 * 14 * Math.max(channels[0], frameChannels)) / 4;
}

function fixedTimesNetwork({
  config,
  weights,
  multiple,
  memoryBytesPerPixel,
  knowsMotion,
  restore,
}: FixedTimesNetwork): FrameNetwork {
  const allTimes = frameTimes(config.frames);
  return {
    config,
    multiple,
    memoryBytesPerPixel,
    reach: null,
    knowsMotion,
    defaultFrames: config.frames,
    timesOf: (frames) => selectFrames(config.frames, frames).map((index) => allTimes[index]!),
    async open(width, height, engine) {
      const session = await engine.open({
        compute: ({ blurred }, weightTensors) => {
          const { frames, motionsPixels } = restore(blurred as Tensor4D, weightTensors);
          return Object.fromEntries(
            frames.flatMap((frame, i): [string, Tensor][] => [
              [`frame${i}`, frame],
              [`motion${i}`, motionsPixels[i]!],
            ]),
          );
        },
        inputShapes: { blurred: [1, height, width, 3] },
        weights,
      });
      const restoreAll = async (image: RgbImage, times: readonly number[]): Promise<RestoredSequence> => {
        const outputs = await session.run({ blurred: image.data });
        const indices = times.map((time) => allTimes.indexOf(time));
        return {
          frames: indices.map((i) => ({
            width,
            height,
            data: clampToDisplay(outputs[`frame${i}`]!),
          })),
          motionsPixels: indices.map((i): MotionField => {
            const [, rows, columns] = session.outputShapes[`motion${i}`] as [number, number, number];
            return {
              width: columns,
              height: rows,
              stridePixels: width / columns,
              data: expectFinite(outputs[`motion${i}`]!),
            };
          }),
        };
      };
      return {
        findMotions: async (image, times) => (await restoreAll(image, times)).motionsPixels,
        restore: restoreAll,
        release: () => session.release(),
      };
    },
  };
}
