import type { RestoredSequence } from '../raster.js';

/**
 * A blurred image is the same for a motion and its reverse, so the network may tell the story of a part of it
 * backwards.
 *
 * @param distance of a sequence from what it is to continue or to agree with.
 * @returns the sequence in the order whose frames are nearer; as it is where both are equally near.
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
