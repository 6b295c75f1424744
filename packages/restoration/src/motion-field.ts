import { trajectoryStridePixels } from '@unblur/core-model';
import { motionAt, type MotionField } from '@unblur/metrics';

export { motionAt, type MotionField };

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
