import type { Range } from '../option-checks.js';
import type { Random } from '../random.js';

/** Videos have this many exposures one stride apart, and two frames more; shorter ones are of no use. */
export const leastExposures = 5;

/** The frames of a video that are averaged: `middle` and as many as `reach` to either side. */
interface Exposure {
  middle: number;
  reach: number;
}

/** See `VideoWindowSource`. */
interface ExposureRanges {
  exposureFrames: Range;
  steadyShare: number;
  strideFrames: Range;
}

/**
 * The exposures of a window in time order, each a stride after the other; the first and the last that the
 * video has are repeated where it ends.
 *
 * @param videoFrames that the video has: `leastExposures` and two more, at least.
 * @param isRecorded whether its blurred frames are there: each exposure is one of them, next to the one before.
 */
export function drawExposures(
  { exposureFrames, steadyShare, strideFrames }: ExposureRanges,
  videoFrames: number,
  isRecorded: boolean,
  random: Random,
  windowFrames: number,
): Exposure[] {
  const drawLength = () => random.between(exposureFrames[0], exposureFrames[1] + 1);
  const [isSteady, steadyLength, strideDraw, isReversed] = [
    random.uniform() < steadyShare,
    drawLength(),
    random.between(strideFrames[0], strideFrames[1] + 1),
    random.uniform() < 0.5,
  ];
  const lengths = Array.from({ length: windowFrames }, () => (isSteady ? steadyLength : drawLength()));
  // Of a video too short for what was drawn, the longest exposures that it has.
  const stride = isRecorded
    ? 1
    : Math.max(1, Math.min(Math.floor(strideDraw), Math.floor((videoFrames - 3) / (leastExposures - 1))));
  const longestReach = Math.floor((videoFrames - 1 - (leastExposures - 1) * stride) / 2);
  const reaches = lengths.map((frames) =>
    isRecorded ? 0 : Math.min(Math.floor((frames - 1) / 2), longestReach),
  );
  const margin = Math.max(...reaches);
  const middle = margin + random.below(videoFrames - 2 * margin);
  const [first, last] = [
    -Math.floor((middle - margin) / stride),
    Math.floor((videoFrames - 1 - margin - middle) / stride),
  ];
  const half = (windowFrames - 1) / 2;
  const exposures = reaches.map((_, position) => {
    const strides = Math.min(last, Math.max(first, position - half));
    return { middle: middle + strides * stride, reach: reaches[half + strides]! };
  });
  return isReversed ? exposures.reverse() : exposures;
}
