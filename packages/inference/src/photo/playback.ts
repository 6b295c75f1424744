import {
  fitWithin,
  type MotionField,
  percentileLength,
  type RgbImage,
  type WorkingScale,
  workingScales,
} from '@unblur/restoration';
import { resize } from './full-size.js';
import type { Restorer } from './restorer.js';
import { scaleWithin, type PixelImage } from '../pictures/pixel-image.js';

/** Animations and videos are no larger: phones and chat programs show no more. */
const playbackSidePixels = 1280;
/** Nor do they have more frames, however many are kept. */
const mostPlayed = 100;
/**
 * Where things move less than this, in pixels of what is played, from one kept frame to the next, a frame
 * between them is a blend of the two.
 */
const blendedStepPixels = 1;
/** The motion of a photograph is that of the part of it that moves furthest but for this. */
const motionPercentile = 0.9;

/** What is played of a photograph in the animation and the video, and where its frames come from. */
export interface Playback {
  /** Which fraction of the work the kept frames take, as far as is known before them. */
  stillShare: number;
  /** Takes a frame of the photograph, 8 bit, in any order. */
  add(time: number, frame: PixelImage): Promise<void>;
  /**
   * The frames to play, in order, once all kept ones were added. Those between them are blends of their
   * neighbours where things move little from one to the next; else they are restored, and of a large photograph
   * all are, of a smaller copy.
   *
   * @param motionsPixels of the kept frames, in their order.
   */
  finish(
    scale: WorkingScale,
    motionsPixels: readonly MotionField[],
    options: RestoreCopyOptions,
  ): Promise<PixelImage[]>;
}

interface RestoreCopyOptions {
  onShare: (share: number) => void;
  signal: AbortSignal | undefined;
}

/** Plans the frames that are played: as many as look smooth, those that are kept among them. */
export function planPlayback(
  photo: RgbImage,
  restorer: Pick<Restorer, 'restoreFrames' | 'times' | 'anyTime' | 'analysisFrames'>,
  smoothFrames: number,
): Playback {
  const { times: keptTimes, analysisFrames } = restorer;
  const playedTimes = planTimes(keptTimes, restorer.anyTime, smoothFrames);
  const between = playedTimes.filter((time) => !keptTimes.includes(time));
  const shrink = Math.max(1, Math.max(photo.width, photo.height) / playbackSidePixels);
  const copies = new Map<number, PixelImage>();
  const isCopied = new Set(between.length === 0 ? playedTimes : keptTimes);
  const keptWork = analysisFrames + keptTimes.length;
  // A photograph that is no larger than what is played is not analysed again.
  const laterWork = shrink === 1 ? between.length : (analysisFrames + playedTimes.length) / shrink ** 2;
  return {
    stillShare: between.length === 0 ? 1 : keptWork / (keptWork + laterWork),
    async add(time, frame) {
      if (isCopied.has(time)) copies.set(time, await scaleWithin(frame, playbackSidePixels));
    },
    async finish(scale, motionsPixels, options) {
      if (between.length === 0) return playedTimes.map((time) => copies.get(time)!);
      if (longestStepPixels(motionsPixels) / shrink <= blendedStepPixels) {
        return playedTimes.map((time) => blendedFrame(time, keptTimes, copies));
      }
      const restoredTimes = shrink === 1 ? between : playedTimes;
      const moving = await restoreCopy(photo, restorer, restoredTimes, scale, options);
      const isTurned = agreement(motionsPixels, moving.motionsPixels) < 0;
      const restored = isTurned ? moving.frames.reverse() : moving.frames;
      const frames = new Map(restoredTimes.map((time, index) => [time, restored[index]!]));
      return playedTimes.map((time) => frames.get(time) ?? copies.get(time)!);
    },
  };
}

/** The times of the frames that are played, on a grid that the kept ones lie on. */
function planTimes(keptTimes: readonly number[], anyTime: boolean, smoothFrames: number): number[] {
  const steps = keptTimes.length - 1;
  const finer = anyTime ? Math.max(1, Math.ceil((smoothFrames - 1) / steps)) : 1;
  const count = finer * steps;
  const allTimes = Array.from({ length: count + 1 }, (_, index) =>
    index % finer === 0 ? keptTimes[index / finer]! : (2 * index - count) / count,
  );
  const every = Math.ceil(count / (mostPlayed - 1));
  return allTimes.filter((_, index) => index % every === 0);
}

/** How far things move at most from one frame to the next. */
function longestStepPixels(motionsPixels: readonly MotionField[]): number {
  const steps = motionsPixels
    .slice(1)
    .map((motion, i) => ({ data: motion.data.map((value, k) => value - motionsPixels[i]!.data[k]!) }));
  return Math.max(...steps.map((step) => percentileLength(step, motionPercentile)));
}

/** The frame at a time between two that there are: their mean, weighted by how near each is in time. */
function blendedFrame(
  time: number,
  times: readonly number[],
  frames: ReadonlyMap<number, PixelImage>,
): PixelImage {
  const known = frames.get(time);
  if (known) return known;
  const later = times.findIndex((other) => other > time);
  const [before, after] = [times[later - 1]!, times[later]!];
  const [a, b] = [frames.get(before)!, frames.get(after)!];
  const weight = (time - before) / (after - before);
  const data = Buffer.alloc(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = a.data[i]! + weight * (b.data[i]! - a.data[i]!) + 0.5;
  return { width: a.width, height: a.height, data };
}

/**
 * Frames of a copy that is as large as what is played, or of the photograph where it is no larger, at the scale
 * that comes nearest to the one of the photograph.
 */
async function restoreCopy(
  photo: RgbImage,
  restorer: Pick<Restorer, 'restoreFrames'>,
  times: readonly number[],
  scale: WorkingScale,
  options: RestoreCopyOptions,
): Promise<{ frames: PixelImage[]; motionsPixels: MotionField[] }> {
  const { width, height } = fitWithin(photo, playbackSidePixels);
  const ratio = (scale * photo.width) / width;
  const copyScale = workingScales.find((candidate) => candidate <= ratio * 1.5) ?? workingScales.at(-1)!;
  const { frames } = await restorer.restoreFrames(await resize(photo, width, height), {
    times,
    scale: copyScale,
    ...options,
  });
  const restored: { frames: PixelImage[]; motionsPixels: MotionField[] } = { frames: [], motionsPixels: [] };
  for await (const { index, frame, motionPixels } of frames) {
    restored.frames[index] = await scaleWithin(frame, playbackSidePixels);
    restored.motionsPixels[index] = motionPixels;
  }
  return restored;
}

/**
 * Positive where two restorations of one photograph move the same way, negative where one runs backwards.
 * Each from its first to its last frame, of any sizes.
 */
function agreement(a: readonly MotionField[], b: readonly MotionField[]): number {
  const [firstA, lastA, firstB, lastB] = [a[0]!, a.at(-1)!, b[0]!, b.at(-1)!];
  let sum = 0;
  for (let y = 0; y < lastB.height; y++) {
    const row = Math.min(lastA.height - 1, Math.floor(((y + 0.5) * lastA.height) / lastB.height));
    for (let x = 0; x < lastB.width; x++) {
      const column = Math.min(lastA.width - 1, Math.floor(((x + 0.5) * lastA.width) / lastB.width));
      const [cellA, cellB] = [2 * (row * lastA.width + column), 2 * (y * lastB.width + x)];
      for (const axis of [0, 1]) {
        sum +=
          (lastA.data[cellA + axis]! - firstA.data[cellA + axis]!) *
          (lastB.data[cellB + axis]! - firstB.data[cellB + axis]!);
      }
    }
  }
  return sum;
}
