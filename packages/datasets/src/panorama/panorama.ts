import type { RgbBytes } from '../pictures/picture-bytes.js';

/**
 * A full-sphere photograph prepared for rendering views: a pyramid of halved sizes, each with a border of one
 * pixel that continues the sphere (the other side of the seam left and right; the row across the pole, half a
 * turn away, above and below), so that bilinear sampling needs no special case anywhere.
 */
export interface Panorama {
  /** Full size first; each level half the height of the one before, rounded down, and twice as wide as high. */
  levels: PanoramaLevel[];
  /** The part of the sphere that was taken, where it is not all of it (see `buildPartialPanorama`). */
  coverage?: Coverage;
}

/**
 * The part of the sphere that a partial panorama shows: longitudes and latitudes up to these, to either side
 * of the middle.
 */
export interface Coverage {
  longitudeRadians: number;
  latitudeRadians: number;
}

export interface PanoramaLevel {
  /** Size without the border. */
  width: number;
  height: number;
  /**
   * (height + 2) rows of (width + 2) pixels, each red | green << 8 | blue << 16: one load where three would
   * be needed.
   */
  pixels: Uint32Array;
}

/** Memory that a panorama takes. */
export function panoramaBytes({ levels }: Panorama): number {
  return levels.reduce((sum, { pixels }) => sum + pixels.byteLength, 0);
}

const smallestLevelWidth = 64;

/**
 * @param rgb interleaved R, G, B bytes of an equirectangular image twice as wide as high.
 * @throws RangeError where the image is not 2:1, or the bytes do not fit its size.
 */
export function buildPanorama(width: number, height: number, rgb: Uint8Array): Panorama {
  if (width !== 2 * height || height < 2) {
    throw new RangeError(
      `Expected a full-sphere equirectangular panorama, twice as wide as high, but received ${width}x${height}; for part of one, say how many degrees across it shows (coverageDegrees).`,
    );
  }
  if (rgb.length !== width * height * 3) {
    throw new RangeError(
      `Expected ${width * height * 3} bytes (RGB) for a ${width}x${height} panorama but received ${rgb.length}.`,
    );
  }
  const levels: PanoramaLevel[] = [];
  for (let level = { width, height, rgb }; ; level = halve(level)) {
    levels.push(withBorder(level));
    if (halfHeightOf(level) * 2 < smallestLevelWidth) return { levels };
  }
}

const halfHeightOf = ({ height }: { height: number }): number => Math.floor(height / 2);

/**
 * Box filter in display values, the values that are interpolated too, so that every level has the same mean.
 */
function halve(level: RgbBytes): RgbBytes {
  return level.height % 2 === 0 ? halveEven(level) : halveOdd(level);
}

function halveEven({ width, height, rgb }: RgbBytes): RgbBytes {
  const halfWidth = width / 2;
  const halfHeight = height / 2;
  const half = new Uint8Array(halfWidth * halfHeight * 3);
  let target = 0;
  for (let y = 0; y < halfHeight; y++) {
    let upper = 2 * y * width * 3;
    let lower = upper + width * 3;
    for (let x = 0; x < halfWidth; x++) {
      for (let channel = 0; channel < 3; channel++) {
        half[target++] = (rgb[upper]! + rgb[upper + 3]! + rgb[lower]! + rgb[lower + 3]! + 2) >> 2;
        upper++;
        lower++;
      }
      upper += 3;
      lower += 3;
    }
  }
  return { width: halfWidth, height: halfHeight, rgb: half };
}

/** Of a height 2 h + 1, the means of boxes a little larger than two pixels a side, which take parts of pixels. */
function halveOdd({ width, height, rgb }: RgbBytes): RgbBytes {
  const halfHeight = halfHeightOf({ height });
  const halfWidth = 2 * halfHeight;
  /** Of three neighbours from `first` on, how much of each lies in a box. */
  const boxAt = (index: number): { first: number; shares: number[] } => {
    const missing = (index % halfHeight) / halfHeight;
    return {
      first: 2 * index + Math.floor(index / halfHeight),
      shares: [1 - missing, 1, missing + 1 / halfHeight].map((share) => share / (2 + 1 / halfHeight)),
    };
  };
  const columns = Array.from({ length: halfWidth }, (_, x) => boxAt(x));
  const half = new Uint8Array(halfWidth * halfHeight * 3);
  let target = 0;
  for (let y = 0; y < halfHeight; y++) {
    const rows = boxAt(y);
    for (const { first, shares } of columns) {
      for (let channel = 0; channel < 3; channel++) {
        let mean = 0;
        for (let row = 0; row < 3; row++) {
          const source = ((rows.first + row) * width + first) * 3 + channel;
          for (let column = 0; column < 3; column++) {
            mean += rows.shares[row]! * shares[column]! * rgb[source + column * 3]!;
          }
        }
        half[target++] = Math.round(mean);
      }
    }
  }
  return { width: halfWidth, height: halfHeight, rgb: half };
}

function withBorder({ width, height, rgb }: RgbBytes): PanoramaLevel {
  const stride = width + 2;
  const pixels = new Uint32Array((height + 2) * stride);
  for (let row = 0, source = 0; row < height; row++) {
    const start = (row + 1) * stride + 1;
    for (let column = 0; column < width; column++, source += 3) {
      pixels[start + column] = rgb[source]! | (rgb[source + 1]! << 8) | (rgb[source + 2]! << 16);
    }
  }
  const halfTurn = width / 2;
  for (const [borderRow, nearestRow] of [
    [0, 1],
    [height + 1, height],
  ] as const) {
    const border = borderRow * stride + 1;
    const nearest = nearestRow * stride + 1;
    pixels.copyWithin(border, nearest + halfTurn, nearest + width);
    pixels.copyWithin(border + width - halfTurn, nearest, nearest + halfTurn);
  }
  for (let start = 0; start < pixels.length; start += stride) {
    pixels[start] = pixels[start + width]!;
    pixels[start + width + 1] = pixels[start + 1]!;
  }
  return { width, height, pixels };
}
