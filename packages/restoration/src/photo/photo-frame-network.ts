import {
  frameTimes,
  photoFamily,
  photoMultiple,
  type PhotoConfig,
  type SafetensorsBytes,
} from '@unblur/core-model';
import { UnblurError } from '@unblur/files/file-error';
import { excerptOfValue } from '@unblur/files/parsed-value';
import type { OpenFunction } from '../compute-engine.js';
import { expectFinite } from '../display-range.js';
import { motionAlong } from '../motion-field.js';
import type { RestoredSequence, RgbImage } from '../raster.js';
import {
  ConsistentFrames,
  consistencyRenderings,
  furtherRenderings,
  type FrameMaker,
} from './consistent-frames.js';
import type { FrameNetwork } from './frame-network.js';
import { consistencyInputs, photoFunctions } from './photo-functions.js';
import { photoWork } from './photo-work.js';
import type { Reach } from './working-scale.js';

/** Of a network that restores frames at any time, where no number is asked for. */
export const photoFrames = 7;
const mostFrames = 1001;

/**
 * That many times, evenly spaced from -1 to 1, for a network that restores frames at any time; for one frame,
 * the middle of the exposure. @throws UnblurError unless `frames` is a whole number in range.
 */
export function anyTimes(frames: number): number[] {
  if (!(Number.isInteger(frames) && frames >= 1 && frames <= mostFrames)) {
    throw new UnblurError(
      `Expected a whole number of frames from 1 to ${mostFrames} but received ${excerptOfValue(frames)}`,
    );
  }
  return frames === 1 ? [0] : frameTimes(frames);
}

/** How far the photo network follows what moves. */
export const photoReach: Reach = {
  fullSizePixels: 17.5,
  smallerPixels: 20,
  ofLarge: { fullSizePixels: 8, smallerPixels: 14 },
};

/** An image, and what all its frames are made from: outputs of the analysis by name. */
interface AnalyzedImage {
  data: Float32Array;
  scene: Record<string, Float32Array>;
  frames?: ConsistentFrames;
}

/**
 * The photo network, its frames corrected to average to the photograph. @throws when the weights are invalid.
 */
export function photoFrameNetwork(weights: SafetensorsBytes): FrameNetwork {
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
          // Of an image that is known, the frames that were made for the correction are forgotten.
          const renderings = analyzed.frames
            ? times.filter((time) => time !== 0).length
            : furtherRenderings(times);
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
