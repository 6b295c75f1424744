import { assertOptions } from './options.js';
import { describe } from './received.js';
import {
  assertBorder,
  assertBothScorable,
  assertComparable,
  expectPeakOfBoth,
  type ComparisonOptions,
  type RgbImage,
} from './rgb-image.js';

/**
 * `gaussian`: 11x11, sigma 1.5, population covariance (Wang et al. 2004). `uniform`: 7x7, sample covariance
 * (scikit-image's default).
 */
export type SsimWindow = 'gaussian' | 'uniform';

export interface SsimOptions extends ComparisonOptions {
  /** Default `gaussian`. */
  window?: SsimWindow | undefined;
}

interface Window {
  /** One axis of the separable window; sums to 1. */
  readonly weights: Float64Array;
  /**
   * What a windowed (co)variance is multiplied by: n / (n - 1) for the sample covariance, 1 for the
   * population's.
   */
  readonly covarianceScale: number;
}

const windows: Record<SsimWindow, Window> = {
  gaussian: { weights: gaussianWeights(11, 1.5), covarianceScale: 1 },
  uniform: { weights: new Float64Array(7).fill(1 / 7), covarianceScale: 49 / 48 },
};

/**
 * Mean structural similarity (Wang et al. 2004, Eq. 13) with K1 = 0.01 and K2 = 0.03: the mean over every
 * place where the whole window fits, then over the RGB channels. Equal to scikit-image's
 * `structural_similarity(..., channel_axis=-1, data_range=peak)`, with `gaussian_weights=True, sigma=1.5,
 * use_sample_covariance=False` for `gaussian` and its defaults for `uniform`.
 *
 * Range [-1, 1]; 1 for identical images.
 *
 * @throws RangeError when the sizes differ, the window is none of these, (11 or 7 pixels) it does not fit
 * within the borders, a compared value is not finite or more than four times the peak, there is no peak beside
 * whole numbers, or an option is not known.
 */
export function ssim(a: RgbImage, b: RgbImage, options: SsimOptions = {}): number {
  assertOptions(options, { window: true, peak: true, borderPixels: true });
  assertComparable(a, b);
  const { window = 'gaussian', borderPixels = 0 } = options;
  if (!Object.hasOwn(windows, window)) {
    throw new RangeError(`Expected the window 'gaussian' or 'uniform' but received ${describe(window)}`);
  }
  const peak = expectPeakOfBoth(options.peak, a, b);
  const { weights, covarianceScale } = windows[window];
  assertBorder(a, borderPixels, weights.length);
  const c1 = (0.01 * peak) ** 2;
  const c2 = (0.03 * peak) ** 2;
  const columns = a.width - 2 * borderPixels - weights.length + 1;
  const rows = a.height - 2 * borderPixels - weights.length + 1;
  const moments = new WindowedMoments(columns, weights);

  let total = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < rows + weights.length - 1; row++) {
      const start = ((row + borderPixels) * a.width + borderPixels) * 3 + channel;
      moments.addRow(a.data, b.data, start, row);
      if (row < weights.length - 1) continue;
      moments.filterColumns(row);
      for (let column = 0; column < columns; column++) {
        const meanA = moments.a[column]!;
        const meanB = moments.b[column]!;
        const meanSquares = meanA * meanA + meanB * meanB;
        const variances = covarianceScale * (moments.squares[column]! - meanSquares);
        const covariance = covarianceScale * (moments.products[column]! - meanA * meanB);
        total += ((2 * meanA * meanB + c1) * (2 * covariance + c2)) / ((meanSquares + c1) * (variances + c2));
      }
    }
  }
  assertBothScorable([a, b], borderPixels, peak, { score: total, largest: moments.largest });
  return total / (3 * rows * columns);
}

/**
 * The windowed means of a, b, a^2 + b^2 and a*b along one image row at a time. SSIM needs the two variances
 * only as their sum, so four moments do; a ring of as many filtered rows as the window is high keeps the
 * memory at a few rows.
 */
class WindowedMoments {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly squares: Float64Array;
  readonly products: Float64Array;
  /** Of all values so far. */
  largest = 0;
  readonly #ring: Float64Array[];
  readonly #line: Float64Array[];

  readonly #weights: Float64Array;
  readonly #columns: number;
  constructor(columns: number, weights: Float64Array) {
    this.#weights = weights;
    this.#columns = columns;
    this.a = new Float64Array(columns);
    this.b = new Float64Array(columns);
    this.squares = new Float64Array(columns);
    this.products = new Float64Array(columns);
    this.#ring = Array.from(weights, () => new Float64Array(4 * columns));
    this.#line = Array.from({ length: 4 }, () => new Float64Array(columns + weights.length - 1));
  }

  /** Filters one channel of one row, whose first value lies at `start`, along the row. */
  addRow(a: Float32Array, b: Float32Array, start: number, row: number): void {
    const [lineA, lineB, lineSquares, lineProducts] = this.#line as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let column = 0, i = start; column < lineA.length; column++, i += 3) {
      const valueA = a[i]!;
      const valueB = b[i]!;
      if (valueA > this.largest) this.largest = valueA;
      if (valueB > this.largest) this.largest = valueB;
      lineA[column] = valueA;
      lineB[column] = valueB;
      lineSquares[column] = valueA * valueA + valueB * valueB;
      lineProducts[column] = valueA * valueB;
    }
    const [weights, columns] = [this.#weights, this.#columns];
    const [taps, last] = [weights.length, weights.length - 1];
    const filtered = this.#ring[row % taps]!;
    for (let moment = 0; moment < 4; moment++) {
      const line = this.#line[moment]!;
      for (let column = 0; column < columns; column++) {
        // Windows are symmetric, of an odd number of taps.
        let sum = weights[last / 2]! * line[column + last / 2]!;
        for (let tap = 0; tap < last / 2; tap++) {
          sum += weights[tap]! * (line[column + tap]! + line[column + last - tap]!);
        }
        filtered[moment * columns + column] = sum;
      }
    }
  }

  /**
   * Filters the rows up to and including `lastRow` along the columns into `a`, `b`, `squares` and `products`.
   */
  filterColumns(lastRow: number): void {
    const [weights, columns] = [this.#weights, this.#columns];
    const [taps, last] = [weights.length, weights.length - 1];
    const rowAt = (tap: number) => this.#ring[(lastRow - last + tap) % taps]!;
    [this.a, this.b, this.squares, this.products].forEach((output, moment) => {
      const offset = moment * columns;
      const [centre, weight] = [rowAt(last / 2), weights[last / 2]!];
      for (let column = 0; column < columns; column++) output[column] = weight * centre[offset + column]!;
      for (let tap = 0; tap < last / 2; tap++) {
        const [above, below, weight] = [rowAt(tap), rowAt(last - tap), weights[tap]!];
        for (let column = 0; column < columns; column++) {
          output[column]! += weight * (above[offset + column]! + below[offset + column]!);
        }
      }
    });
  }
}

function gaussianWeights(size: number, sigma: number): Float64Array {
  const weights = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
