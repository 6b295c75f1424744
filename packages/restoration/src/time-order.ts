import type { RestoredSequence } from './raster.js';

/**
 * A blurred image is the same for a motion and its reverse, so in part of it the network may restore the
 * frames in reverse order.
 *
 * @param distance of a sequence from the one that it should continue or agree with.
 * @returns the sequence in the order whose frames are nearer; unchanged if both are equally near.
 */
export function inNearerOrder(
  sequence: RestoredSequence,
  distance: (sequence: RestoredSequence) => number,
): RestoredSequence {
  if (Math.max(sequence.frames.length, sequence.motionsPixels.length) <= 1) return sequence;
  const backwards: RestoredSequence = {
    frames: [...sequence.frames].reverse(),
    motionsPixels: [...sequence.motionsPixels].reverse(),
  };
  return distance(backwards) < distance(sequence) ? backwards : sequence;
}
