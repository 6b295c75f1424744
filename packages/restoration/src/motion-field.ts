import { trajectoryStridePixels } from '@unblur/core-model';

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

/** How far everything moves from the first frame to the last: the motion that made the blur. */
export function exposureMotion(motionsPixels: readonly MotionField[]): MotionField {
  const [first, last] = [motionsPixels[0]!, motionsPixels.at(-1)!];
  return { ...last, data: last.data.map((value, index) => value - first.data[index]!) };
}

/**
 * Where things are at a given time in an image of a given size, from its trajectory `[h, w, 6]`; see
 * `PhotoScene`, whose displacements lead from there back to the middle frame.
 */
export function motionAlong(
  trajectory: Float32Array,
  { width, height }: { width: number; height: number },
  time: number,
): MotionField {
  const motion = new Float32Array(trajectory.length / 3);
  for (let from = 0, to = 0; from < trajectory.length; from += 6, to += 2) {
    for (const axis of [0, 1] as const) {
      motion[to + axis] =
        -time *
        (trajectory[from + axis]! +
          time * (trajectory[from + 2 + axis]! + time * trajectory[from + 4 + axis]!));
    }
  }
  return {
    width: width / trajectoryStridePixels,
    height: height / trajectoryStridePixels,
    stridePixels: trajectoryStridePixels,
    data: motion,
  };
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

/**
 * The length in pixels that the given fraction of a motion's vectors does not exceed.
 *
 * @param fraction from 0, the shortest, to 1, the longest.
 */
export function percentileLength({ data }: Pick<MotionField, 'data'>, fraction: number): number {
  const lengths = Float32Array.from({ length: data.length / 2 }, (_, i) =>
    Math.hypot(data[2 * i]!, data[2 * i + 1]!),
  ).sort();
  return lengths[Math.floor(fraction * (lengths.length - 1))]!;
}

/** Motion below this is noise; a still photograph must not come out in full colours. */
const leastRimPixels = 1;

/**
 * The length at the rim of the colour wheel: only the longest hundredth of the motions exceeds it. At least
 * one pixel.
 */
export function rimLengthPixels(motion: MotionField): number {
  return Math.max(leastRimPixels, percentileLength(motion, 0.99));
}
