import type { Random } from '../random.js';

/** A square window of a picture. */
export interface SquareWindow {
  left: number;
  top: number;
  sizePixels: number;
}

/** A window anywhere in a picture, which must be as large in both directions. */
export function drawSquareWindow(
  random: Random,
  { width, height }: { width: number; height: number },
  sizePixels: number,
): SquareWindow {
  const [left, top] = [random.below(width - sizePixels + 1), random.below(height - sizePixels + 1)];
  return { left, top, sizePixels };
}

/**
 * What lies in a window of a picture: `sizePixels * sizePixels * channels` values.
 *
 * @param values `channels` for each pixel of a picture `width` wide, in which the window must lie.
 */
export function cutWindow(
  values: Uint8Array | Float32Array,
  width: number,
  channels: number,
  { left, top, sizePixels }: SquareWindow,
): Float32Array {
  const rowLength = sizePixels * channels;
  const cut = new Float32Array(sizePixels * rowLength);
  for (let row = 0; row < sizePixels; row++) {
    const start = ((top + row) * width + left) * channels;
    cut.set(values.subarray(start, start + rowLength), row * rowLength);
  }
  return cut;
}
