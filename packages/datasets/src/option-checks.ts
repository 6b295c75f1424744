/** A closed range of numbers. */
export type Range = [minimum: number, maximum: number];

/** @throws RangeError that names the option, what it must be and what came, unless it is right. */
export function requireThat(isRight: boolean, name: string, wanted: string, value: unknown): void {
  if (!isRight) throw new RangeError(`Expected ${name} to be ${wanted} but got ${JSON.stringify(value)}.`);
}

/** What a stream of samples is cut into, and where it begins. @throws RangeError unless it makes sense. */
export function requireBatches({ batchSize, firstSample, workers = 0, prefetchSamples }: { batchSize: number; firstSample: number; workers?: number; prefetchSamples?: number }): void {
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0;
  requireThat(isCount(batchSize) && batchSize > 0, 'batchSize', 'a positive integer', batchSize);
  requireThat(isCount(firstSample), 'firstSample', 'an integer of at least 0', firstSample);
  requireThat(isCount(workers), 'workers', 'an integer of at least 0', workers);
  if (prefetchSamples !== undefined) requireThat(prefetchSamples >= 0, 'prefetchSamples', 'a number of at least 0', prefetchSamples);
}

/** @throws RangeError unless consecutive frames can be averaged so. */
export function requireExposure({ frames, stride, shrink }: { frames: number; stride: number; shrink: number }): void {
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
  requireThat(isCount(frames) && frames >= 3 && frames % 2 === 1, 'frames', 'an odd number of at least 3', frames);
  requireThat(isCount(stride), 'stride', 'a positive integer', stride);
  requireThat(isCount(shrink), 'shrink', 'a positive integer', shrink);
}

/** @throws RangeError unless the value is [minimum, maximum] within the limits. */
export function requireRange(name: string, value: unknown, low: number, high: number): void {
  const isRight = Array.isArray(value) && value.length === 2 && low <= value[0] && value[0] <= value[1] && value[1] <= high;
  requireThat(isRight, name, `[minimum, maximum] within ${low}..${high}`, value);
}
