/** A closed range of numbers. */
export type Range = [minimum: number, maximum: number];

/** @throws RangeError that names the option, what it must be and what came, unless it is right. */
export function requireThat(isRight: boolean, name: string, wanted: string, value: unknown): void {
  if (!isRight) throw new RangeError(`Expected ${name} to be ${wanted} but got ${JSON.stringify(value)}.`);
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
