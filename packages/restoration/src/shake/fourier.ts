import FFT from 'fft.js';

/** One number per pixel, row by row. */
export interface Plane {
  width: number;
  height: number;
  data: Float64Array;
}

/**
 * The transform of a real plane: of the columns 0 to width / 2, whose conjugates the others are, all rows
 * one after the other, each as real and imaginary part.
 */
export type Spectrum = Float64Array;

/** Fourier transforms of planes of one size, both sides powers of two. */
export class FourierTransform {
  readonly #rows: FFT;
  readonly #columns: FFT;
  /** A pair of rows as the real and imaginary part of one, and its transform. */
  readonly #pair: Float64Array;
  readonly #pairSpectrum: Float64Array;
  readonly #column: Float64Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.#rows = new FFT(width);
    this.#columns = new FFT(height);
    this.#pair = new Float64Array(2 * width);
    this.#pairSpectrum = new Float64Array(2 * width);
    this.#column = new Float64Array(2 * height);
  }

  /** @param plane `width * height` values. */
  forward(plane: Float64Array): Spectrum {
    const { width, height } = this;
    const [pair, transformed] = [this.#pair, this.#pairSpectrum];
    const spectrum = new Float64Array((width + 2) * height);
    for (let row = 0; row < height; row += 2) {
      const [first, second] = [row * width, (row + 1) * width];
      for (let x = 0; x < width; x++) {
        pair[2 * x] = plane[first + x]!;
        pair[2 * x + 1] = plane[second + x]!;
      }
      this.#rows.transform(transformed, pair);
      for (let column = 0; column <= width / 2; column++) {
        const mirror = (width - column) % width;
        const [re, im] = [transformed[2 * column]!, transformed[2 * column + 1]!];
        const [mirroredRe, mirroredIm] = [transformed[2 * mirror]!, transformed[2 * mirror + 1]!];
        const at = 2 * (column * height + row);
        spectrum[at] = (re + mirroredRe) / 2;
        spectrum[at + 1] = (im - mirroredIm) / 2;
        spectrum[at + 2] = (im + mirroredIm) / 2;
        spectrum[at + 3] = (mirroredRe - re) / 2;
      }
    }
    for (let start = 0; start < spectrum.length; start += 2 * height) {
      this.#columns.transform(this.#column, spectrum.subarray(start, start + 2 * height));
      spectrum.set(this.#column, start);
    }
    return spectrum;
  }

  /** The plane whose transform is given, which is overwritten. */
  inverse(spectrum: Spectrum): Float64Array {
    const { width, height } = this;
    for (let start = 0; start < spectrum.length; start += 2 * height) {
      this.#columns.inverseTransform(this.#column, spectrum.subarray(start, start + 2 * height));
      spectrum.set(this.#column, start);
    }
    const [pair, transformed] = [this.#pair, this.#pairSpectrum];
    const plane = new Float64Array(width * height);
    for (let row = 0; row < height; row += 2) {
      for (let column = 0; column <= width / 2; column++) {
        const mirror = (width - column) % width;
        const at = 2 * (column * height + row);
        const [re, im, nextRe, nextIm] = [
          spectrum[at]!,
          spectrum[at + 1]!,
          spectrum[at + 2]!,
          spectrum[at + 3]!,
        ];
        transformed[2 * column] = re - nextIm;
        transformed[2 * column + 1] = im + nextRe;
        if (mirror !== column) {
          transformed[2 * mirror] = re + nextIm;
          transformed[2 * mirror + 1] = nextRe - im;
        }
      }
      this.#rows.inverseTransform(pair, transformed);
      const [first, second] = [row * width, (row + 1) * width];
      for (let x = 0; x < width; x++) {
        plane[first + x] = pair[2 * x]!;
        plane[second + x] = pair[2 * x + 1]!;
      }
    }
    return plane;
  }
}

/** The power of two that is not below a length. */
export function powerOfTwo(length: number): number {
  return 2 ** Math.ceil(Math.log2(length));
}

/** `a * conjugate(b)`, added to `sum` where one is given. */
export function timesConjugate(
  a: Spectrum,
  b: Spectrum,
  sum: Spectrum = new Float64Array(a.length),
): Spectrum {
  for (let i = 0; i < a.length; i += 2) {
    const [aRe, aIm, bRe, bIm] = [a[i]!, a[i + 1]!, b[i]!, b[i + 1]!];
    sum[i]! += aRe * bRe + aIm * bIm;
    sum[i + 1]! += aIm * bRe - aRe * bIm;
  }
  return sum;
}
