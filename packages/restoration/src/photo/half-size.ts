import type { MotionField } from '../motion-field.js';
import type { DeepImage, RgbImage } from '../raster.js';

/**
 * Things that move so far from the middle of the exposure to its end, in pixels of the image: from `short` on
 * its half has something to say, from `long` on as much as the image itself.
 */
const lengthPixels = { short: 8, long: 12 };
/** In an image whose half has a shorter side, the network sees too little of what moves. */
const leastSidePixels = 96;

/** Of the work at both sizes, what half the size takes. */
export const halfSizeWork = 1 / 5;

/**
 * How much half the size counts where an image is restored at both sizes, 0 to 0.5. Longer blur is followed
 * better at half the size, and errors that are not the same at both average out.
 *
 * @param length how far things move from the middle of the exposure to its end, in pixels of the image.
 */
export function halfSizeShareFor(
  length: number,
  { width, height }: { width: number; height: number },
): number {
  if (Math.min(width, height) < 2 * leastSidePixels) return 0;
  const { short, long } = lengthPixels;
  const t = Math.min(1, Math.max(0, (length - short) / (long - short)));
  return 0.5 * t * t * (3 - 2 * t);
}

/** The pixels of an image or the cells of a motion. */
interface Grid {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array | Uint16Array;
}

/** Half of an image, by means of 2x2 pixels; the last column and row of an odd side count twice. */
export function halfOf(image: RgbImage): RgbImage {
  return { ...halfSize(image), data: meansOf2x2(image, 3) };
}

/**
 * Whether what was found at half the size runs the other way: by the change from a frame to a later one, or
 * from a motion to a later one, at both sizes.
 */
export function runsBackwards(
  [before, after]: readonly [Grid, Grid],
  [halfBefore, halfAfter]: readonly [Grid, Grid],
): boolean {
  const channels = before.data.length / (before.width * before.height);
  const [first, last] = [meansOf2x2(before, channels), meansOf2x2(after, channels)];
  let agreement = 0;
  for (let i = 0; i < first.length; i++) {
    agreement += (last[i]! - first[i]!) * (halfAfter.data[i]! - halfBefore.data[i]!);
  }
  return agreement < 0;
}

/**
 * Brings a frame nearer to that of half the size, in all that half the size can show: the detail beyond stays.
 * The frame is changed in place.
 *
 * @param half of `halfOf` the frame's size, in fractions or 16-bit integers as it may be.
 */
export function nearHalfSize<Frame extends RgbImage | DeepImage>(
  frame: Frame,
  half: RgbImage | DeepImage,
  share: number,
): Frame {
  const peak = peakOf(frame);
  addDifference(frame, half, 3, share, peak / peakOf(half), peak);
  return frame;
}

/** The same for motions, on grids of the same stride, each in pixels of its own image. */
export function nearHalfSizeMotion(motion: MotionField, half: MotionField, share: number): MotionField {
  const near = { ...motion, data: motion.data.slice() };
  addDifference(near, half, 2, share, 2);
  return near;
}

const peakOf = ({ data }: RgbImage | DeepImage) => (data instanceof Uint16Array ? 65535 : 1);

const halfSize = ({ width, height }: { width: number; height: number }) => ({
  width: Math.ceil(width / 2),
  height: Math.ceil(height / 2),
});

function meansOf2x2({ width, height, data }: Grid, channels: number): Float32Array {
  const half = halfSize({ width, height });
  const means = new Float32Array(half.width * half.height * channels);
  for (let y = 0, to = 0; y < half.height; y++) {
    const upper = 2 * y * width;
    const lower = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < half.width; x++) {
      const [left, right] = [2 * x, Math.min(2 * x + 1, width - 1)];
      for (let channel = 0; channel < channels; channel++, to++) {
        means[to] =
          (data[(upper + left) * channels + channel]! +
            data[(upper + right) * channels + channel]! +
            data[(lower + left) * channels + channel]! +
            data[(lower + right) * channels + channel]!) /
          4;
      }
    }
  }
  return means;
}

/**
 * Adds a share of what half the size shows otherwise, enlarged bilinearly.
 *
 * @param unit of the half, in units of the grid.
 * @param peak values stay between 0 and this, rounded where the grid has integers.
 */
function addDifference(
  { width, height, data }: Grid,
  half: Grid,
  channels: number,
  share: number,
  unit: number,
  peak?: number,
): void {
  const difference = meansOf2x2({ width, height, data }, channels);
  for (let i = 0; i < difference.length; i++) {
    difference[i] = share * (half.data[i]! * unit - difference[i]!);
  }
  const rowLength = half.width * channels;
  const row = new Float32Array(rowLength);
  const rounding = data instanceof Uint16Array ? 0.5 : 0;
  for (let y = 0, to = 0; y < height; y++) {
    const near = (y >> 1) * rowLength;
    const far = neighbour(y, half.height) * rowLength;
    for (let i = 0; i < rowLength; i++) row[i] = 0.75 * difference[near + i]! + 0.25 * difference[far + i]!;
    for (let x = 0; x < width; x++) {
      const [nearer, further] = [(x >> 1) * channels, neighbour(x, half.width) * channels];
      for (let channel = 0; channel < channels; channel++, to++) {
        const value = data[to]! + 0.75 * row[nearer + channel]! + 0.25 * row[further + channel]!;
        data[to] = peak === undefined ? value : Math.min(peak, Math.max(0, value + rounding));
      }
    }
  }
}

/** The other cell of half the size between whose centre and its own a place lies; at the edges its own. */
const neighbour = (place: number, cells: number) =>
  Math.min(cells - 1, Math.max(0, (place >> 1) + (place % 2 === 0 ? -1 : 1)));
