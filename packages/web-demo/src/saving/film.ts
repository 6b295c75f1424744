import type { Picture } from '../picture.js';

/** Frames and how they play. */
export interface Film {
  frames: readonly Picture[];
  /** Frame indices of one round. */
  round: readonly number[];
  framesPerSecond: number;
}
