/**
 * Where things moved, on a grid coarser than the photograph: `data` holds height * width * 2 values (dx, dy)
 * in pixels of the photograph, x to the right, y down. Grid cell (i, j) stands for the block of
 * `stridePixels` x `stridePixels` photo pixels whose corner is (i * stridePixels, j * stridePixels); the last
 * column and row may reach beyond the photo.
 */
export interface MotionField {
  readonly width: number;
  readonly height: number;
  readonly stridePixels: number;
  readonly data: Float32Array;
}

/**
 * The displacement at a place of the photograph, in its pixels, bilinear between the centres of the cells
 * around it.
 */
export function motionAt(
  { width, height, stridePixels, data }: MotionField,
  xPixels: number,
  yPixels: number,
): { dx: number; dy: number } {
  const x = Math.min(width - 1, Math.max(0, (xPixels + 0.5) / stridePixels - 0.5));
  const y = Math.min(height - 1, Math.max(0, (yPixels + 0.5) / stridePixels - 0.5));
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
  const at = (column: number, row: number, axis: number) => data[(row * width + column) * 2 + axis]!;
  const interpolate = (axis: number) => {
    const above = at(left, top, axis) + (at(right, top, axis) - at(left, top, axis)) * (x - left);
    const below = at(left, bottom, axis) + (at(right, bottom, axis) - at(left, bottom, axis)) * (x - left);
    return above + (below - above) * (y - top);
  };
  return { dx: interpolate(0), dy: interpolate(1) };
}
