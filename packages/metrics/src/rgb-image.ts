import { describe } from './received.js';

/**
 * An RGB image: `data` holds `height * width * 3` display values in [0, 1], row by row, channels interleaved.
 */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** How images are compared. */
export interface ComparisonOptions {
  /** The largest possible value. Default 1, for images in [0, 1]; must be said for images of whole numbers. */
  peak?: number | undefined;
  /** Rows and columns left out on every side before comparing ("crop border"). Default 0. */
  borderPixels?: number | undefined;
}

/** What messages call the two images that are compared. */
const namesOfTwo = ['the first image', 'the second image'] as const;

/**
 * Throws a RangeError when the two images cannot be compared pixel by pixel, or hold another number of values
 * than their size says.
 */
export function assertComparable(a: RgbImage, b: RgbImage): void {
  for (const [index, image] of [a, b].entries()) assertImage(image, namesOfTwo[index]!);
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(
      `Expected two images of one size but received ${a.width}x${a.height} and ${b.width}x${b.height}`,
    );
  }
}

/** Throws a RangeError when something is no image, or holds another number of values than its size says. */
function assertImage(image: RgbImage, name: string): void {
  const { width, height, data } = image ?? {};
  if (typeof data?.length !== 'number' || !Number.isInteger(width) || !Number.isInteger(height)) {
    throw new RangeError(
      `Expected ${name} as { width, height, data } but received ${describe(image)}${image instanceof Object ? ' without one of them' : ''}`,
    );
  }
  if (width < 1 || height < 1 || data.length !== width * height * 3) {
    throw new RangeError(
      `Expected ${width}x${height}x3 = ${width * height * 3} RGB values but received ${data.length}`,
    );
  }
}

/**
 * Throws a RangeError when something is no image, or holds values within the border that are not finite or far
 * beyond the peak.
 *
 * @param name what the message calls it.
 */
export function assertScorable(
  image: RgbImage,
  name: string,
  { peak, borderPixels = 0 }: ComparisonOptions,
): void {
  assertImage(image, name);
  assertBorder(image, borderPixels, 1);
  assertValues(image, name, borderPixels, expectPeak(peak, image, name));
}

/** Throws a RangeError when frames are no list of such images. @param name what the message calls one of them. */
export function assertScorableFrames(
  frames: readonly RgbImage[],
  name: string,
  options: ComparisonOptions,
): void {
  if (!Array.isArray(frames)) {
    throw new RangeError(`Expected a list of ${name}s but received ${describe(frames)}`);
  }
  for (const [index, frame] of frames.entries()) assertScorable(frame, `${name} ${index}`, options);
}

/**
 * The largest value that two images can have.
 *
 * @throws RangeError where `peak` is none, or is not said beside integers.
 */
export function expectPeakOfBoth(peak: number | undefined, a: RgbImage, b: RgbImage): number {
  expectPeak(peak, a, namesOfTwo[0]);
  return expectPeak(peak, b, namesOfTwo[1]);
}

function expectPeak(peak: number | undefined, { data }: RgbImage, name: string): number {
  if (peak === undefined) {
    const given: unknown = data;
    const isWhole = [Uint8Array, Uint8ClampedArray, Uint16Array].some((type) => given instanceof type);
    if (!isWhole) return 1;
    throw new RangeError(
      `Expected a peak for whole numbers, but ${name} holds them and received none; say the largest possible value, such as { peak: ${2 ** (8 * data.BYTES_PER_ELEMENT) - 1} }`,
    );
  }
  if (!(Number.isFinite(peak) && peak > 0)) {
    throw new RangeError(`Expected peak to be a number above 0 but received ${describe(peak)}`);
  }
  return peak;
}

/** In peaks. What networks give may lie somewhat beyond 1; bytes taken for values in [0, 1] lie far beyond. */
const largestPlausible = 4;

/**
 * Throws a RangeError when one of two images holds a value within the border that is not finite or far beyond
 * the peak. It looks at every value only where the score or the largest value say that there is one.
 */
export function assertBothScorable(
  [a, b]: readonly [RgbImage, RgbImage],
  borderPixels: number,
  peak: number,
  { score, largest }: { score: number; largest: number },
): void {
  if (Number.isFinite(score) && largest <= largestPlausible * peak) return;
  for (const [index, image] of [a, b].entries()) assertValues(image, namesOfTwo[index]!, borderPixels, peak);
}

function assertValues(
  { width, height, data }: RgbImage,
  name: string,
  borderPixels: number,
  peak: number,
): void {
  const limit = largestPlausible * peak;
  const place = (i: number) =>
    `${data[i]} in column ${Math.floor(i / 3) % width}, row ${Math.floor(i / 3 / width)}`;
  let count = 0;
  let first = 0;
  let beyond = -1;
  for (let y = borderPixels; y < height - borderPixels; y++) {
    const end = (y * width + width - borderPixels) * 3;
    for (let i = (y * width + borderPixels) * 3; i < end; i++) {
      if (Number.isFinite(data[i])) {
        if (data[i]! > limit && beyond < 0) beyond = i;
        continue;
      }
      if (count === 0) first = i;
      count++;
    }
  }
  if (count > 0) {
    throw new RangeError(
      `Expected ${name} to hold finite values but ${count} of ${data.length} are not, the first ${place(first)}; look at how it was computed`,
    );
  }
  if (beyond >= 0) {
    throw new RangeError(
      `Expected ${name} to hold values up to a peak of ${peak} but received ${place(beyond)}; say the largest possible value, such as { peak: 255 } for bytes`,
    );
  }
}

/**
 * Throws a RangeError unless leaving out `borderPixels` on every side leaves at least `smallestSide` pixels
 * each way.
 */
export function assertBorder(image: RgbImage, borderPixels: number, smallestSide: number): void {
  if (!Number.isInteger(borderPixels) || borderPixels < 0) {
    throw new RangeError(
      `Expected borderPixels to be a whole number >= 0 but received ${describe(borderPixels)}`,
    );
  }
  const side = Math.min(image.width, image.height) - 2 * borderPixels;
  if (side < smallestSide) {
    throw new RangeError(
      `Expected at least ${smallestSide}x${smallestSide} pixels to compare but received ${image.width}x${image.height} with ${borderPixels} border pixels left out`,
    );
  }
}
