import type { Picture } from '../picture.js';

/** Frames and how they play. */
export interface Film {
  frames: readonly Picture[];
  /** Frame indices of one round. */
  round: readonly number[];
  framesPerSecond: number;
}

/**
 * How a frame is called in the names of files, so that they sort in time: by its number as the page shows it,
 * `03`, and `03.5` half way to the next. @param place from 0, in frames
 */
export function frameLabel(place: number): string {
  const [whole, ...fraction] = String(Number((place + 1).toFixed(3))).split('.');
  return [whole!.padStart(2, '0'), ...fraction].join('.');
}
