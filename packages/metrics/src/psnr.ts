import { assertOptions } from './options.js';
import {
  assertBorder,
  assertBothScorable,
  assertComparable,
  expectPeakOfBoth,
  type ComparisonOptions,
  type RgbImage,
} from './rgb-image.js';

export type PsnrOptions = ComparisonOptions;

/**
 * Peak signal-to-noise ratio in dB: `10 log10(peak^2 / MSE)`, the mean squared error taken over all pixels
 * and the three RGB channels together, values as they are (no rounding to 8 bit, no clipping, no luma
 * conversion).
 *
 * Range: any number; Infinity for identical images. See `maximumReportedPsnr` for how that enters a mean.
 *
 * @throws RangeError when the sizes differ, the border leaves no pixel, a compared value is not finite or more
 * than four times the peak, there is no peak beside whole numbers, or an option is not known.
 */
export function psnr(a: RgbImage, b: RgbImage, options: PsnrOptions = {}): number {
  assertOptions(options, { peak: true, borderPixels: true });
  assertComparable(a, b);
  const { borderPixels = 0 } = options;
  const peak = expectPeakOfBoth(options.peak, a, b);
  assertBorder(a, borderPixels, 1);
  const { width, height } = a;
  let squaredError = 0;
  let largest = 0;
  for (let y = borderPixels; y < height - borderPixels; y++) {
    const end = (y * width + width - borderPixels) * 3;
    for (let i = (y * width + borderPixels) * 3; i < end; i++) {
      const valueA = a.data[i]!;
      const valueB = b.data[i]!;
      if (valueA > largest) largest = valueA;
      if (valueB > largest) largest = valueB;
      const difference = valueA - valueB;
      squaredError += difference * difference;
    }
  }
  assertBothScorable([a, b], borderPixels, peak, { score: squaredError, largest });
  const count = (width - 2 * borderPixels) * (height - 2 * borderPixels) * 3;
  return 10 * Math.log10((peak * peak * count) / squaredError);
}
