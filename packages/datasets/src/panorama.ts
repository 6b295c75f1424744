/**
 * A full-sphere photograph made ready to be looked into: a pyramid of halved sizes, each with a border of one pixel that
 * continues the sphere (the other side of the seam left and right; the row across the pole, half a turn away, above and below),
 * so that bilinear sampling needs no special case anywhere.
 */
export interface Panorama {
  /** Full size first; each level half the size of the one before. */
  levels: PanoramaLevel[];
}

export interface PanoramaLevel {
  /** Size without the border. */
  width: number;
  height: number;
  /** R, G, B bytes of (height + 2) rows of (width + 2) pixels. */
  data: Uint8Array;
}

const SMALLEST_LEVEL_WIDTH = 64;

/**
 * @param rgb interleaved R, G, B bytes of an equirectangular image twice as wide as high.
 * @throws RangeError where the image is not 2:1 with an even height, or the bytes do not fit its size.
 */
export function buildPanorama(width: number, height: number, rgb: Uint8Array): Panorama {
  if (width !== 2 * height || height < 2) {
    throw new RangeError(
      `Expected a full-sphere equirectangular panorama, twice as wide as high, but got ${width}x${height}; convert or complete it to 360x180 degrees first.`,
    );
  }
  if (rgb.length !== width * height * 3) {
    throw new RangeError(`Expected ${width * height * 3} bytes (RGB) for a ${width}x${height} panorama but got ${rgb.length}.`);
  }
  const levels: PanoramaLevel[] = [];
  let pixels = rgb;
  let levelWidth = width;
  let levelHeight = height;
  for (;;) {
    levels.push({ width: levelWidth, height: levelHeight, data: withBorder(levelWidth, levelHeight, pixels) });
    if (levelWidth / 2 < SMALLEST_LEVEL_WIDTH || levelHeight % 2 !== 0) return { levels };
    pixels = halve(levelWidth, levelHeight, pixels);
    levelWidth /= 2;
    levelHeight /= 2;
  }
}

/** Box filter in display values, the values that are interpolated too, so that every level has the same mean. */
function halve(width: number, height: number, rgb: Uint8Array): Uint8Array {
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
  return half;
}

function withBorder(width: number, height: number, rgb: Uint8Array): Uint8Array {
  const rowBytes = width * 3;
  const borderedRowBytes = rowBytes + 6;
  const bordered = new Uint8Array((height + 2) * borderedRowBytes);
  for (let row = 0; row < height; row++) {
    bordered.set(rgb.subarray(row * rowBytes, (row + 1) * rowBytes), (row + 1) * borderedRowBytes + 3);
  }
  const halfTurn = rowBytes / 2;
  for (const [borderRow, sourceRow] of [[0, 0], [height + 1, height - 1]] as const) {
    const source = rgb.subarray(sourceRow * rowBytes, (sourceRow + 1) * rowBytes);
    bordered.set(source.subarray(halfTurn), borderRow * borderedRowBytes + 3);
    bordered.set(source.subarray(0, halfTurn), borderRow * borderedRowBytes + 3 + rowBytes - halfTurn);
  }
  for (let row = 0; row < height + 2; row++) {
    const start = row * borderedRowBytes;
    bordered.copyWithin(start, start + rowBytes, start + rowBytes + 3);
    bordered.copyWithin(start + rowBytes + 3, start + 3, start + 6);
  }
  return bordered;
}
