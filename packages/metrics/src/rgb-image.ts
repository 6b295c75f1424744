/**
 * An RGB image: `data` holds `height * width * 3` display values in [0, 1], row by row, channels interleaved.
 */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * Throws a RangeError when the two images cannot be compared pixel by pixel, or hold another number of values
 * than their size says.
 */
export function assertComparable(a: RgbImage, b: RgbImage): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(
      `Expected two images of one size but received ${a.width}x${a.height} and ${b.width}x${b.height}`,
    );
  }
  for (const { width, height, data } of [a, b]) {
    if (width < 1 || height < 1 || data.length !== width * height * 3) {
      throw new RangeError(
        `Expected ${width}x${height}x3 = ${width * height * 3} RGB values but received ${data.length}`,
      );
    }
  }
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
