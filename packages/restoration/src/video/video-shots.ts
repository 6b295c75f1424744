import type { RgbImage } from '../raster.js';

/** A frame of a clip that differs from the one before it, and what its neighbours are. */
export interface ShotFrame {
  /** In a buffer that is written over when the next is asked for. */
  frame: RgbImage;
  /** How many frames of the clip it stands for: itself and those after it that repeat it. At least 1. */
  shownFrames: number;
  /** Whether a cut lies before it, as before the first frame of the clip. */
  startsShot: boolean;
}

/** How many frames a cut is judged by on either side of it; that many wait at most. */
export const framesBesideCut = 3;
/** A frame of a still clip is given again after so many repeats: nobody waits for the end of the clip. */
const mostRepeats = 250;

/**
 * Divides a clip into shots and leaves out frames that repeat the one before them, as in telecine, screen
 * recordings and clips whose frame rate was raised. Frames come two different frames late; memory does not
 * depend on their number.
 *
 * @param frames values in [0, 1]; each may be written over when the next is asked for.
 */
export async function* inShots(
  frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
): AsyncGenerator<ShotFrame, void, undefined> {
  /** Frames of the present shot that were given, the last of them at the end. */
  let given: SeenFrame[] = [];
  const waiting: SeenFrame[] = [];
  const buffers: RgbImage[] = [];

  function giveFirst(): ShotFrame {
    const startsShot = given.length === 0 || isCut(given, waiting);
    const first = waiting.shift()!;
    given = startsShot ? [first] : [...given, first].slice(-framesBesideCut);
    buffers.push(first.frame);
    return { frame: first.frame, shownFrames: first.shownFrames, startsShot };
  }

  const repeats = new RepeatFinder();
  for await (const frame of frames) {
    const last = waiting.at(-1);
    if (last && last.shownFrames < mostRepeats && repeats.isRepeat(last.frame, frame)) {
      last.shownFrames += 1;
      continue;
    }
    if (waiting.length === framesBesideCut) yield giveFirst();
    const thumbnail = thumbnailOf(frame);
    waiting.push({
      frame: copyInto(buffers.shift(), frame),
      thumbnail,
      change: last && pictureDistance(last.thumbnail, thumbnail),
      shownFrames: 1,
    });
  }
  while (waiting.length > 0) yield giveFirst();
}

interface SeenFrame {
  frame: RgbImage;
  thumbnail: Float32Array;
  /** How far it is from the frame before it; undefined for the first of the clip. */
  change: number | undefined;
  shownFrames: number;
}

function copyInto(buffer: RgbImage | undefined, { width, height, data }: RgbImage): RgbImage {
  if (buffer?.data.length !== data.length) return { width, height, data: data.slice() };
  buffer.data.set(data);
  return Object.assign(buffer, { width, height });
}

/** Distances of pictures of one scene stay below this at ordinary speeds. */
const leastDistance = 0.2;
/** How far a cut stands out of the motion around it. */
const cutToMotion = 2;
/** Pictures this much closer than those beside a cut show one scene. */
const sameScene = 0.5;

/**
 * Whether a cut lies between the last frame that was given and the first that waits: pictures change at once
 * by more than the shot's own motion, a fast pan too, and those before do not come back, as after a flash.
 */
function isCut(given: SeenFrame[], waiting: SeenFrame[]): boolean {
  const change = waiting[0]!.change!;
  if (change < leastDistance) return false;
  // A shot's first frame is far from the shot before, which says nothing of its motion.
  const around = [...given.slice(1), ...waiting.slice(1)].map((seen) => seen.change!).sort((a, b) => b - a);
  // The greatest may be a flash or another cut.
  const motion = around[1] ?? around[0] ?? leastDistance;
  if (change < cutToMotion * motion) return false;
  const [last, first] = [given.at(-1)!, waiting[0]!];
  return ![
    ...waiting.slice(1).map((later) => [last, later] as const),
    ...given.slice(0, -1).map((earlier) => [earlier, first] as const),
  ].some(([a, b]) => pictureDistance(a.thumbnail, b.thumbnail) < sameScene * change);
}

const [thumbnailWidth, thumbnailHeight] = [64, 36];
const [blockSize, searchRadius] = [4, 8];
/** Pictures without any contrast are compared as if they had this much. */
const leastContrast = 0.02;

/** The mean colours of a grid of 64 by 36 fields, whatever the shape of the picture. */
function thumbnailOf({ width, height, data }: RgbImage): Float32Array {
  const thumbnail = new Float32Array(thumbnailWidth * thumbnailHeight * 3);
  for (let row = 0; row < thumbnailHeight; row++) {
    const top = Math.floor((row * height) / thumbnailHeight);
    const bottom = Math.max(top + 1, Math.floor(((row + 1) * height) / thumbnailHeight));
    for (let column = 0; column < thumbnailWidth; column++) {
      const left = Math.floor((column * width) / thumbnailWidth);
      const right = Math.max(left + 1, Math.floor(((column + 1) * width) / thumbnailWidth));
      const field = (row * thumbnailWidth + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) sum += data[(y * width + x) * 3 + channel]!;
        }
        thumbnail[field + channel] = sum / ((bottom - top) * (right - left));
      }
    }
  }
  return thumbnail;
}

/** Shifts of a block, the nearest first. */
const shifts = Array.from({ length: (2 * searchRadius + 1) ** 2 }, (_, index) => ({
  right: (index % (2 * searchRadius + 1)) - searchRadius,
  down: Math.floor(index / (2 * searchRadius + 1)) - searchRadius,
})).sort((a, b) => Math.hypot(a.right, a.down) - Math.hypot(b.right, b.down));

/**
 * What of two thumbnails is not explained by blocks that move by up to an eighth of the width, relative to
 * the contrast in them: near 0 for pictures of one scene, near 1 for pictures that have nothing in common.
 */
function pictureDistance(first: Float32Array, second: Float32Array): number {
  const unexplained = (blockResidual(first, second) + blockResidual(second, first)) / 2;
  return unexplained / ((contrast(first) + contrast(second)) / 2 + leastContrast);
}

/** The mean absolute difference of the blocks of one thumbnail and the most like ones of another. */
function blockResidual(of: Float32Array, among: Float32Array): number {
  const rowLength = blockSize * 3;
  let sum = 0;
  for (let top = 0; top < thumbnailHeight; top += blockSize) {
    for (let left = 0; left < thumbnailWidth; left += blockSize) {
      let best = Number.MAX_VALUE;
      for (const { right, down } of shifts) {
        const x = left + right;
        const y = top + down;
        if (x < 0 || y < 0 || x > thumbnailWidth - blockSize || y > thumbnailHeight - blockSize) continue;
        let difference = 0;
        for (let row = 0; row < blockSize && difference < best; row++) {
          const from = ((top + row) * thumbnailWidth + left) * 3;
          const to = ((y + row) * thumbnailWidth + x) * 3;
          for (let i = 0; i < rowLength; i++) {
            const signed = of[from + i]! - among[to + i]!;
            difference += signed < 0 ? -signed : signed;
          }
        }
        if (difference < best) best = difference;
      }
      sum += best;
    }
  }
  return sum / of.length;
}

/** The mean absolute deviation of colours from their mean. */
function contrast(thumbnail: Float32Array): number {
  const means = [0, 0, 0];
  thumbnail.forEach((value, i) => (means[i % 3]! += (value * 3) / thumbnail.length));
  let sum = 0;
  for (let i = 0; i < thumbnail.length; i++) sum += Math.abs(thumbnail[i]! - means[i % 3]!);
  return sum / thumbnail.length;
}

/** Of 8-bit levels, root mean square. What coding does to a repeated frame stays below. */
const repeatLevels = { frame: 1.5, block: 8 };
/** No eye sees a block that changes by less. */
const invisibleLevels = 2.5;
/** How much less than between different frames a block of a repeated one changes. */
const repeatToChange = 0.25;
const comparedBlock = 8;

/**
 * Tells frames that repeat another up to coding noise from frames that move a little: no block of them may
 * change visibly, or by anything like what the clip's last motion did.
 */
class RepeatFinder {
  /** The most that a block changed between the last two frames that differ, in 8-bit levels. */
  #lastChange = 0;

  /** @param kept what would be shown in place of the frame. */
  isRepeat(kept: RgbImage, frame: RgbImage): boolean {
    if (kept.width !== frame.width || kept.height !== frame.height) return false;
    const { width, height } = frame;
    let [total, most] = [0, 0];
    for (let top = 0; top < height; top += comparedBlock) {
      const bottom = Math.min(height, top + comparedBlock);
      for (let left = 0; left < width; left += comparedBlock) {
        const right = Math.min(width, left + comparedBlock);
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          for (let i = (y * width + left) * 3; i < (y * width + right) * 3; i++) {
            sum += (frame.data[i]! - kept.data[i]!) ** 2;
          }
        }
        total += sum;
        most = Math.max(most, sum / ((bottom - top) * (right - left) * 3));
      }
    }
    const block = 255 * Math.sqrt(most);
    const isSame =
      255 * Math.sqrt(total / frame.data.length) <= repeatLevels.frame &&
      block <= Math.max(invisibleLevels, Math.min(repeatLevels.block, repeatToChange * this.#lastChange));
    if (!isSame) this.#lastChange = block;
    return isSame;
  }
}
