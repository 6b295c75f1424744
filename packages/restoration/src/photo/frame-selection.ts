import { UnblurError } from '@unblur/files/file-error';
import { excerptOfValue } from '@unblur/files/parsed-value';

/** Which frames of a photograph are wanted. */
export interface FrameChoice {
  /** How many, evenly spaced over the exposure; 1 is its middle. */
  frames?: number | undefined;
  /** In place of a number: their times, all different, from -1 (the shutter opens) to 1 (it closes). */
  times?: readonly number[] | undefined;
}

/**
 * The times of the frames that are wanted.
 *
 * @param timesOf gives the times for a number of frames; throws if the network cannot give that many.
 * @param defaultTimes where neither times nor a number are given.
 * @throws UnblurError for times outside the exposure, the same one twice, or none; where both are given.
 */
export function chooseTimes(
  { frames, times }: FrameChoice,
  timesOf: (frames: number) => number[],
  defaultTimes: readonly number[],
): readonly number[] {
  if (times === undefined) return frames === undefined ? defaultTimes : timesOf(frames);
  if (frames !== undefined) {
    throw new UnblurError(
      `Expected either frames or times but received both (frames: ${excerptOfValue(frames)}); leave out frames to have those at the times`,
    );
  }
  if (!Array.isArray(times)) {
    throw new UnblurError(
      `Expected a list for times, such as [-1, 0.5], but received ${excerptOfValue(times)}`,
    );
  }
  if (times.length === 0) throw notOfExposure('none');
  for (const time of times) expectTime(time);
  if (new Set(times).size !== times.length) {
    throw new UnblurError(`Expected times that differ but received ${times.join(', ')}`);
  }
  return times;
}

/** @throws UnblurError where a time is not one of the exposure. */
export function expectTime(time: number): void {
  if (!(typeof time === 'number' && time >= -1 && time <= 1)) throw notOfExposure(excerptOfValue(time));
}

const notOfExposure = (received: string): UnblurError =>
  new UnblurError(
    `Expected times from -1, when the shutter opens, to 1, when it closes, but received ${received}`,
  );

/**
 * Which of `available` frames to keep so that `wanted` of them are evenly spaced in time, with the first, the
 * middle and the last; one alone is the middle.
 *
 * @param available how many there are, odd
 * @param wanted how many to keep, odd
 * @returns indices in time order: 0, 3, 6 for three of seven
 * @throws UnblurError that names the numbers that are possible
 */
export function selectFrames(available: number, wanted: number): number[] {
  if (wanted === 1) return [(available - 1) / 2];
  const possible = possibleFrameCounts(available);
  if (!possible.includes(wanted)) {
    throw new UnblurError(
      `Expected 1 frame, the middle one, or ${possible.join(' or ')} frames, which can be chosen evenly from this network's ${available} with the first, middle and last among them, but received ${excerptOfValue(wanted)}`,
    );
  }
  return Array.from({ length: wanted }, (_, i) => (i * (available - 1)) / (wanted - 1));
}

/** Every number of frames that `selectFrames` can keep with the first and the last, increasing. */
function possibleFrameCounts(available: number): number[] {
  const counts: number[] = [];
  for (let count = 3; count <= available; count += 2) {
    if ((available - 1) % (count - 1) === 0) counts.push(count);
  }
  return counts;
}

/**
 * The most frames that two sequences, each odd and at least 3 long, have at the same moments of the exposure:
 * 3 of 3 and 7, 7 of 7 and 7.
 */
export function commonFrameCount(a: number, b: number): number {
  const ofB = new Set(possibleFrameCounts(b));
  return Math.max(...possibleFrameCounts(a).filter((count) => ofB.has(count)));
}
