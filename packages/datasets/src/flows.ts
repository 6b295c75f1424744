import { flowOfTurn } from './panorama/camera-turn.js';
import type { Sample } from './sample.js';

/**
 * Optical flow from the middle frame of a sample to each of its frames, `height * width * 2` values (dx, dy) in
 * pixels, x to the right and y down; nothing where the motion is not known.
 */
export function flowsOfSample({
  blurred,
  frames,
  cameraTurn,
  flowsPixels,
}: Pick<Sample, 'blurred' | 'frames' | 'cameraTurn' | 'flowsPixels'>): Float32Array[] | undefined {
  if (flowsPixels || !cameraTurn) return flowsPixels;
  return frames.map((_, index) => flowOfTurn(cameraTurn, blurred, (2 * index) / (frames.length - 1) - 1));
}
