/**
 * What JPEG compression does to a picture, without the file: the loss of ITU-T T.81 lies in rounding the 8x8
 * cosine coefficients of Y, Cb and Cr to multiples of a table (Annex K, scaled by the quality as the IJG's
 * encoder does). Colour is not subsampled.
 */
const blockSizePixels = 8;

const luminanceTable = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

const chrominanceTable = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/** Orthonormal cosine basis: row u, column x. */
const cosines = Float64Array.from({ length: blockSizePixels * blockSizePixels }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return Math.cos(((2 * x + 1) * u * Math.PI) / 16) * (u === 0 ? Math.SQRT1_2 : 1) * 0.5;
});

/** Steps of the coefficients at a quality of 1 (worst) to 100, in levels of 255. */
function quantizationSteps(table: readonly number[], quality: number): number[] {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return table.map((step) => Math.min(Math.max(Math.floor((step * percent + 50) / 100), 1), 255));
}

/**
 * Compresses and decompresses a picture, in place.
 *
 * @param values `height * width * 3` display values in [0, 1]; rounded to 255 levels first and last, as in a
 * file.
 * @param quality 1 to 100, the IJG's scale.
 */
export function quantizeLikeJpeg(values: Float32Array, width: number, height: number, quality: number): void {
  const luminanceSteps = quantizationSteps(luminanceTable, quality);
  const chrominanceSteps = quantizationSteps(chrominanceTable, quality);
  const planes = [new Float64Array(64), new Float64Array(64), new Float64Array(64)] as const;
  const [luminance, blueness, redness] = planes;
  const toLevel = (value: number): number => Math.min(Math.max(Math.round(value * 255), 0), 255);
  for (let top = 0; top < height; top += blockSizePixels) {
    for (let left = 0; left < width; left += blockSizePixels) {
      for (let i = 0; i < 64; i++) {
        // Blocks that stick out repeat the picture's last row and column.
        const source =
          (Math.min(top + (i >> 3), height - 1) * width + Math.min(left + (i & 7), width - 1)) * 3;
        const [red, green, blue] = [
          toLevel(values[source]!),
          toLevel(values[source + 1]!),
          toLevel(values[source + 2]!),
        ];
        luminance[i] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue) - 128;
        blueness[i] = Math.round(-0.168735892 * red - 0.331264108 * green + 0.5 * blue);
        redness[i] = Math.round(0.5 * red - 0.418687589 * green - 0.081312411 * blue);
      }
      for (const [index, plane] of planes.entries()) {
        quantizeBlock(plane, index === 0 ? luminanceSteps : chrominanceSteps);
      }
      for (let i = 0; i < 64; i++) {
        const [row, column] = [top + (i >> 3), left + (i & 7)];
        if (row >= height || column >= width) continue;
        const target = (row * width + column) * 3;
        const grey = decodedLevel(luminance[i]!) + 128;
        const blue = decodedLevel(blueness[i]!);
        const red = decodedLevel(redness[i]!);
        values[target] = toLevel((grey + 1.402 * red) / 255) / 255;
        values[target + 1] = toLevel((grey - 0.344136286 * blue - 0.714136286 * red) / 255) / 255;
        values[target + 2] = toLevel((grey + 1.772 * blue) / 255) / 255;
      }
    }
  }
}

/** A decoder rounds Y, Cb and Cr to bytes before it makes R, G and B of them. */
function decodedLevel(value: number): number {
  return Math.min(Math.max(Math.round(value), -128), 127);
}

const passing = new Float64Array(64);

/** To coefficients, to multiples of their steps, and back. */
function quantizeBlock(block: Float64Array, steps: readonly number[]): void {
  multiply(cosines, block, passing, false, false);
  multiply(passing, cosines, block, false, true);
  for (let i = 0; i < 64; i++) block[i] = Math.round(block[i]! / steps[i]!) * steps[i]!;
  multiply(cosines, block, passing, true, false);
  multiply(passing, cosines, block, false, false);
}

/** product = a b for 8x8 matrices, either taken transposed. */
function multiply(
  a: Float64Array,
  b: Float64Array,
  product: Float64Array,
  transposeA: boolean,
  transposeB: boolean,
): void {
  const [rowA, stepA] = transposeA ? [1, blockSizePixels] : [blockSizePixels, 1];
  const [stepB, columnB] = transposeB ? [1, blockSizePixels] : [blockSizePixels, 1];
  for (let row = 0; row < blockSizePixels; row++) {
    for (let column = 0; column < blockSizePixels; column++) {
      let sum = 0;
      for (let k = 0; k < blockSizePixels; k++) {
        sum += a[row * rowA + k * stepA]! * b[k * stepB + column * columnB]!;
      }
      product[row * blockSizePixels + column] = sum;
    }
  }
}
