import {
  exposureMotion,
  lengthOfMotion,
  photoReach,
  rimLengthPixels,
  type MotionField,
} from '@unblur/restoration';

/** What the player shows of a recovered motion. */
export interface MotionSummary {
  /** From the first frame to the last. */
  exposure: MotionField;
  /** Where the picture as a whole is at each frame. */
  path: Displacement[];
  /** The length that the rim of the colour wheel stands for. */
  rimPixels: number;
  /** How far most of what moves moves at most, from the middle of the exposure to its end. */
  lengthPixels: number;
  /** Up to this length the network can follow. */
  reachPixels: number;
}

/** @param motionsPixels where each frame moved beside the middle one, to the end of the exposure */
export function summarizeMotion(motionsPixels: readonly MotionField[]): MotionSummary {
  const exposure = exposureMotion(motionsPixels);
  return {
    exposure,
    path: globalPath(motionsPixels),
    rimPixels: rimLengthPixels(exposure),
    lengthPixels: lengthOfMotion(motionsPixels.at(-1)!),
    reachPixels: photoReach.fullSizePixels,
  };
}

/** A displacement in pixels of the photograph, x right, y down. */
export interface Displacement {
  dx: number;
  dy: number;
}

/** Where the picture as a whole is at each frame: the mean displacement from the middle frame. */
export function globalPath(motionsPixels: readonly MotionField[]): Displacement[] {
  return motionsPixels.map(({ data }) => {
    let [dx, dy] = [0, 0];
    for (let index = 0; index < data.length; index += 2) {
      dx += data[index]!;
      dy += data[index + 1]!;
    }
    const cells = Math.max(1, data.length / 2);
    return { dx: dx / cells, dy: dy / cells };
  });
}
