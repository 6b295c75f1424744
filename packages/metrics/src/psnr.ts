import { assertBorder, assertBothFinite, assertComparable, assertPeak, type RgbImage } from './rgb-image.js';

export interface PsnrOptions {
  /** The largest possible value: 1 for images in [0, 1]. */
  peak?: number;
  /** Rows and columns left out on every side before comparing ("crop border"). */
  borderPixels?: number;
}

/**
 * Peak signal-to-noise ratio in dB: `10 log10(peak^2 / MSE)`, the mean squared error taken over all pixels
 * and the three RGB channels together, values as they are (no rounding to 8 bit, no clipping, no luma
 * conversion).
 *
 * Range: any number; Infinity for identical images. See `maximumReportedPsnr` for how that enters a mean.
 *
 * @throws RangeError when the sizes differ, the border leaves no pixel or a compared value is not finite.
 */
export function psnr(a: RgbImage, b: RgbImage, { peak = 1, borderPixels = 0 }: PsnrOptions = {}): number {
  assertComparable(a, b);
  assertPeak(peak);
  assertBorder(a, borderPixels, 1);
  const { width, height } = a;
  let squaredError = 0;
  for (let y = borderPixels; y < height - borderPixels; y++) {
    const end = (y * width + width - borderPixels) * 3;
    for (let i = (y * width + borderPixels) * 3; i < end; i++) {
      const difference = a.data[i]! - b.data[i]!;
      squaredError += difference * difference;
    }
  }
  if (!Number.isFinite(squaredError)) assertBothFinite(a, b, borderPixels);
  const count = (width - 2 * borderPixels) * (height - 2 * borderPixels) * 3;
  return 10 * Math.log10((peak * peak * count) / squaredError);
}
