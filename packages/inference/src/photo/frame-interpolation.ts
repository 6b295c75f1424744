import { exposureMotion, type MotionField } from '@unblur/restoration';
import type { PixelImage } from '../pictures/pixel-image.js';

/** How far every pixel moves from one frame to another: dx and dy, row by row, in its own pixels. */
export type PixelMotion = Float32Array;

/**
 * The motion from one frame to another at every pixel of copies of them, bilinear between the centres of the
 * fields' cells.
 *
 * @param from, to where the scene lies in the two, in pixels of the photograph.
 * @param copy the size of the copies. @param shrink how many pixels of the photograph one of theirs is wide.
 */
export function motionBetween(
  from: MotionField,
  to: MotionField,
  { width, height }: { width: number; height: number },
  shrink: number,
): PixelMotion {
  const { width: columns, height: rows, stridePixels, data: cells } = exposureMotion([from, to]);
  const acrossOf = cellsAround(width, columns, shrink / stridePixels);
  const downOf = cellsAround(height, rows, shrink / stridePixels);
  const motion = new Float32Array(width * height * 2);
  let at = 0;
  for (const down of downOf) {
    const [above, below] = [down.before * columns, down.after * columns];
    for (const { before, after, share } of acrossOf) {
      for (const axis of [0, 1]) {
        const [a, b] = [cells[2 * (above + before) + axis]!, cells[2 * (above + after) + axis]!];
        const [c, d] = [cells[2 * (below + before) + axis]!, cells[2 * (below + after) + axis]!];
        const [upper, lower] = [a + (b - a) * share, c + (d - c) * share];
        motion[at++] = (upper + (lower - upper) * down.share) / shrink;
      }
    }
  }
  return motion;
}

/** For every pixel of a row or column, the two cells whose centres it lies between, and how near the second is. */
function cellsAround(
  pixels: number,
  cells: number,
  cellsPerPixel: number,
): { before: number; after: number; share: number }[] {
  return Array.from({ length: pixels }, (_, pixel) => {
    const place = Math.min(cells - 1, Math.max(0, (pixel + 0.5) * cellsPerPixel - 0.5));
    const before = Math.floor(place);
    return { before, after: Math.min(before + 1, cells - 1), share: place - before };
  });
}

/**
 * A frame between two: both moved along the motion from one to the other to where things are by then, and mixed,
 * the nearer one more. Between frames of the photo network that are a sixth of the motion apart, it is within 38 to
 * 50 dB of what the network renders for that time.
 *
 * @param share how much of the way has passed, from 0 to 1.
 */
export function frameBetween(
  before: PixelImage,
  after: PixelImage,
  motion: PixelMotion,
  share: number,
): PixelImage {
  const { width, height } = before;
  const mixed = new Float32Array(width * height * 3);
  addMoved(mixed, before, motion, -share, 1 - share);
  addMoved(mixed, after, motion, 1 - share, share);
  // An array that itself rounds what it is given.
  return { width, height, data: Buffer.from(new Uint8ClampedArray(mixed).buffer) };
}

/** Adds to each pixel what lies so much of its motion away in a frame, bilinear, times a weight. */
function addMoved(
  sum: Float32Array,
  { width, height, data }: PixelImage,
  motion: PixelMotion,
  along: number,
  weight: number,
): void {
  const [right, bottom] = [width - 1, height - 1];
  let pixel = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++, pixel++) {
      const x = Math.min(right, Math.max(0, column + along * motion[2 * pixel]!));
      const y = Math.min(bottom, Math.max(0, row + along * motion[2 * pixel + 1]!));
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [xShare, yShare] = [x - left, y - top];
      const upperLeft = 3 * (top * width + left);
      const toRight = left < right ? 3 : 0;
      const toLower = top < bottom ? 3 * width : 0;
      for (let channel = 0; channel < 3; channel++) {
        const from = upperLeft + channel;
        const upper = data[from]! + (data[from + toRight]! - data[from]!) * xShare;
        const lower =
          data[from + toLower]! + (data[from + toLower + toRight]! - data[from + toLower]!) * xShare;
        sum[3 * pixel + channel]! += weight * (upper + (lower - upper) * yShare);
      }
    }
  }
}
