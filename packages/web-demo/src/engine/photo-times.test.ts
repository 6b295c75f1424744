import { expect, test } from '@jest/globals';
import { PhotoTimes } from './photo-times.js';
import { WorkRates } from './work-rates.js';

const photo = { width: 640, height: 384 };
/** Of 640 x 384: 8 s for the analysis, 1 s for a frame, so 8 + 6 s until frames can be had; half of it a quarter. */
const secondsUntilFrames = 14;
const furtherFrames = 20;
const wholeSeconds = secondsUntilFrames + furtherFrames;
const [long, short] = [16 / 640, 4 / 640];

/** Photographs take what the rates tell, times `slowness`. */
function timesOnClock(slowness = 1) {
  let seconds = 0;
  const rates = new WorkRates();
  rates.learn('analysis', 8, 8);
  rates.learn('frame', 1, 1);
  const times = new PhotoTimes(
    (width, height) => {
      const pixels = (width * height) / (photo.width * photo.height);
      return { analysis: 8 * pixels, frame: pixels };
    },
    rates,
    () => seconds * 1000,
  );
  /** What is told at each piece of a restoration, beside the time that was left. */
  const restore = (isLong: boolean, expected?: number) => {
    const clock = times.begin(photo, furtherFrames, expected);
    const sizes = isLong ? 1.25 : 1;
    const end = seconds + slowness * sizes * wholeSeconds;
    const told = [{ ...clock.prepare(0), trueLeft: end - seconds }];
    const prepared = (share: number, passed: number) => {
      seconds += slowness * passed;
      told.push({ ...clock.prepare(share), trueLeft: end - seconds });
    };
    // `analyzePhoto` tells shares of both sizes.
    prepared(0.4, secondsUntilFrames / 2);
    prepared(0.8, secondsUntilFrames / 2);
    clock.knowHalfSize(isLong);
    if (isLong) prepared(0.9, secondsUntilFrames / 8);
    prepared(1, isLong ? secondsUntilFrames / 8 : 0);
    for (let frame = 0; frame < furtherFrames; frame++) {
      told.push({ ...clock.nextFrame(), trueLeft: end - seconds });
      seconds += slowness * sizes;
    }
    clock.end();
    return told;
  };
  return { times, restore };
}

test('expects half the size to count until the blur is known to be short', () => {
  const { times } = timesOnClock();
  expect(times.estimate(photo, furtherFrames).seconds).toBeCloseTo(1.25 * wholeSeconds, 6);
  expect(times.estimate(photo, furtherFrames, long).seconds).toBeCloseTo(1.25 * wholeSeconds, 6);
  expect(times.estimate(photo, furtherFrames, short).seconds).toBeCloseTo(wholeSeconds, 6);
  // No network looks at half of a picture this small.
  const small = { width: 160, height: 96 };
  expect(times.estimate(small, furtherFrames).seconds).toBeCloseTo(wholeSeconds / 16, 6);
});

test.each([
  ['long blur', true, long],
  ['long blur that nobody knew of', true, undefined],
  ['short blur', false, short],
] as const)('tells the time that is left from the beginning: %s', (_, isLong, expected) => {
  const { restore } = timesOnClock();
  restore(false);
  for (const { secondsLeft, trueLeft } of restore(isLong, expected)) {
    expect(secondsLeft).toBeCloseTo(trueLeft, 6);
  }
});

test('tells anew what is left as soon as half the size is known to count, or not to', () => {
  const { restore } = timesOnClock();
  restore(false);
  const leftOnceKnown = (told: ReturnType<typeof restore>) =>
    told.slice(3).map(({ secondsLeft, trueLeft }) => secondsLeft! - trueLeft);
  for (const error of leftOnceKnown(restore(true, short))) expect(Math.abs(error)).toBeLessThan(2);
  for (const error of leftOnceKnown(restore(false))) expect(error).toBeCloseTo(0, 6);
});

test('tells no time of the first photograph until half of its preparation has shown it', () => {
  const told = timesOnClock(3).restore(true);
  expect(told.map(({ secondsLeft }) => secondsLeft !== undefined).indexOf(true)).toBe(2);
  for (const { secondsLeft, trueLeft } of told.slice(2)) expect(secondsLeft).toBeCloseTo(trueLeft, 6);
});

test('follows a restoration that turns out slower, and knows from it what the next takes', () => {
  const { times, restore } = timesOnClock(2);
  restore(false);
  expect(times.estimate(photo, furtherFrames, short)).toEqual({
    seconds: expect.closeTo(2 * wholeSeconds, 6),
    isMeasured: true,
  });
  for (const { secondsLeft, trueLeft } of restore(true)) expect(secondsLeft).toBeCloseTo(trueLeft, 6);
});

test('moves on all the way, and is at the end when all is done', () => {
  const { restore } = timesOnClock();
  for (const told of [restore(true), restore(false)]) {
    const shares = told.map(({ fromShare }) => fromShare);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(told.at(-1)!.toShare).toBeCloseTo(1, 6);
  }
  expect(restore(true, short).at(-1)!.toShare).toBeCloseTo(1, 6);
});
