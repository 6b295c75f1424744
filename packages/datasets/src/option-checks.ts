import { excerptOfValue } from '@unblur/files/parsed-value';

/** A closed range of numbers. */
export type Range = [minimum: number, maximum: number];

/** @throws RangeError that names the option, what it must be and what came, unless it is right. */
export function requireThat(isRight: boolean, name: string, wanted: string, value: unknown): void {
  if (isRight) return;
  throw new RangeError(`Expected ${name} to be ${wanted} but received ${excerptOfValue(value)}.`);
}

/**
 * The names of options that all have a default, for `expectOptions`; what their values may be is checked
 * elsewhere.
 */
export function namesOf(defaults: object): Record<string, true> {
  return Object.fromEntries(Object.keys(defaults).map((name) => [name, true]));
}

/**
 * Bounds far above any sensible value, so that a typing error is reported before it fills the machine or
 * takes for ever.
 */
export const maxSizePixels = 4096;

export const maxFrames = 255;

export const maxPhotoPixels = 16_384;

/**
 * Smallest move between two rendered frames that is of use; the number of frames rendered is what moves,
 * divided by it.
 */
export const leastStepPixels = 0.05;

/** @throws RangeError unless the value is a number within the limits. */
export function requireNumber(name: string, value: unknown, low: number, high: number): void {
  requireThat(isNumberWithin(value, low, high), name, `a number from ${low} to ${high}`, value);
}

/** @throws RangeError unless the value is a whole number of at least 1. */
export function requirePositiveInteger(name: string, value: unknown): void {
  requireThat(Number.isInteger(value) && (value as number) >= 1, name, 'a positive integer', value);
}

function isNumberWithin(value: unknown, low: number, high: number): boolean {
  return typeof value === 'number' && low <= value && value <= high;
}

/**
 * @param leastPixels of the side.
 * @throws RangeError unless pictures of this size, and as many frames of each, can be made.
 */
export function requireSampleShape(
  { sizePixels, frames }: { sizePixels: number; frames: number },
  leastPixels: number,
): void {
  requireThat(
    Number.isInteger(sizePixels) && isNumberWithin(sizePixels, leastPixels, maxSizePixels),
    'sizePixels',
    `a whole number from ${leastPixels} to ${maxSizePixels}`,
    sizePixels,
  );
  requireThat(
    isNumberWithin(frames, 3, maxFrames) && frames % 2 === 1,
    'frames',
    `an odd number from 3 to ${maxFrames}`,
    frames,
  );
}

/** What a stream of samples is cut into, and where it begins. @throws RangeError unless it makes sense. */
export function requireBatches({
  batchSize,
  firstSample,
  workers = 0,
  prefetchSamples,
}: {
  batchSize: number;
  firstSample: number;
  workers?: number;
  prefetchSamples?: number;
}): void {
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0;
  requirePositiveInteger('batchSize', batchSize);
  requireThat(isCount(firstSample), 'firstSample', 'an integer of at least 0', firstSample);
  requireThat(isCount(workers), 'workers', 'an integer of at least 0', workers);
  if (prefetchSamples !== undefined) {
    requireThat(prefetchSamples >= 0, 'prefetchSamples', 'a number of at least 0', prefetchSamples);
  }
}

/** @throws RangeError unless the value is [minimum, maximum] within the limits. */
export function requireRange(name: string, value: unknown, low: number, high: number): void {
  const isRight =
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((limit) => isNumberWithin(limit, low, high)) &&
    value[0] <= value[1];
  requireThat(isRight, name, `[minimum, maximum] within ${low}..${high}`, value);
}
