/**
 * An RGB image: `data` holds `height * width * 3` display values in [0, 1], row by row, channels interleaved.
 */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
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
 * Throws a RangeError when something is no image, or holds values within the border that are not finite.
 *
 * @param name what the message calls it.
 */
export function assertFiniteImage(image: RgbImage, name: string, borderPixels: number): void {
  assertImage(image, name);
  assertBorder(image, borderPixels, 1);
  assertFinite(image, name, borderPixels);
}

/** Throws a RangeError when frames are no list of such images. @param name what the message calls one of them. */
export function assertFiniteFrames(frames: readonly RgbImage[], name: string, borderPixels: number): void {
  if (!Array.isArray(frames)) {
    throw new RangeError(`Expected a list of ${name}s but received ${describe(frames)}`);
  }
  for (const [index, frame] of frames.entries()) {
    assertFiniteImage(frame, `${name} ${index}`, borderPixels);
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  return value === null ? 'null' : `a value of type ${typeof value}`;
}

/** Throws a RangeError unless `peak` is a largest value that there can be. */
export function assertPeak(peak: number): void {
  if (!(Number.isFinite(peak) && peak > 0)) {
    throw new RangeError(`Expected peak to be a number above 0 but received ${peak}`);
  }
}

/**
 * Throws a RangeError when one of two images holds a value that is not finite within the border: for where a
 * score is not finite, so that those that are cost nothing.
 */
export function assertBothFinite(a: RgbImage, b: RgbImage, borderPixels: number): void {
  for (const [index, image] of [a, b].entries()) assertFinite(image, namesOfTwo[index]!, borderPixels);
}

function assertFinite({ width, height, data }: RgbImage, name: string, borderPixels: number): void {
  let count = 0;
  let first = '';
  for (let y = borderPixels; y < height - borderPixels; y++) {
    const end = (y * width + width - borderPixels) * 3;
    for (let i = (y * width + borderPixels) * 3; i < end; i++) {
      if (Number.isFinite(data[i])) continue;
      if (count === 0) first = `${data[i]} in column ${Math.floor(i / 3) % width}, row ${y}`;
      count++;
    }
  }
  if (count === 0) return;
  throw new RangeError(
    `Expected ${name} to hold finite values but ${count} of ${data.length} are not, the first ${first}; look at how it was computed`,
  );
}

/**
 * Throws a RangeError unless leaving out `borderPixels` on every side leaves at least `smallestSide` pixels
 * each way.
 */
export function assertBorder(image: RgbImage, borderPixels: number, smallestSide: number): void {
  if (!Number.isInteger(borderPixels) || borderPixels < 0) {
    throw new RangeError(`Expected borderPixels to be a whole number >= 0 but received ${borderPixels}`);
  }
  const side = Math.min(image.width, image.height) - 2 * borderPixels;
  if (side < smallestSide) {
    throw new RangeError(
      `Expected at least ${smallestSide}x${smallestSide} pixels to compare but received ${image.width}x${image.height} with ${borderPixels} border pixels left out`,
    );
  }
}
