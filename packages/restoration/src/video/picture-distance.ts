import type { RgbImage } from '../raster.js';

const [thumbnailWidth, thumbnailHeight] = [64, 36];
const [blockSize, searchRadius] = [4, 8];
/** Pictures without any contrast are compared as if they had this much. */
const leastContrast = 0.02;

/** The mean colours of a grid of 64 by 36 fields, whatever the shape of the picture. */
export function thumbnailOf({ width, height, data }: RgbImage): Float32Array {
  const thumbnail = new Float32Array(thumbnailWidth * thumbnailHeight * 3);
  for (let row = 0; row < thumbnailHeight; row++) {
    const top = Math.floor((row * height) / thumbnailHeight);
    const bottom = Math.max(top + 1, Math.floor(((row + 1) * height) / thumbnailHeight));
    for (let column = 0; column < thumbnailWidth; column++) {
      const left = Math.floor((column * width) / thumbnailWidth);
      const right = Math.max(left + 1, Math.floor(((column + 1) * width) / thumbnailWidth));
      const field = (row * thumbnailWidth + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) sum += data[(y * width + x) * 3 + channel]!;
        }
        thumbnail[field + channel] = sum / ((bottom - top) * (right - left));
      }
    }
  }
  return thumbnail;
}

/** Shifts of a block, the nearest first. */
const shifts = Array.from({ length: (2 * searchRadius + 1) ** 2 }, (_, index) => ({
  right: (index % (2 * searchRadius + 1)) - searchRadius,
  down: Math.floor(index / (2 * searchRadius + 1)) - searchRadius,
})).sort((a, b) => Math.hypot(a.right, a.down) - Math.hypot(b.right, b.down));

/**
 * What of two thumbnails is not explained by blocks that move by up to an eighth of the width, relative to
 * the contrast in them: near 0 for pictures of one scene, near 1 for pictures that have nothing in common.
 */
export function pictureDistance(first: Float32Array, second: Float32Array): number {
  const unexplained = (blockResidual(first, second) + blockResidual(second, first)) / 2;
  return unexplained / ((contrast(first) + contrast(second)) / 2 + leastContrast);
}

/** The mean absolute difference of the blocks of one thumbnail and the most like ones of another. */
function blockResidual(of: Float32Array, among: Float32Array): number {
  const rowLength = blockSize * 3;
  let sum = 0;
  for (let top = 0; top < thumbnailHeight; top += blockSize) {
    for (let left = 0; left < thumbnailWidth; left += blockSize) {
      let best = Number.MAX_VALUE;
      for (const { right, down } of shifts) {
        const x = left + right;
        const y = top + down;
        if (x < 0 || y < 0 || x > thumbnailWidth - blockSize || y > thumbnailHeight - blockSize) continue;
        let difference = 0;
        for (let row = 0; row < blockSize && difference < best; row++) {
          const from = ((top + row) * thumbnailWidth + left) * 3;
          const to = ((y + row) * thumbnailWidth + x) * 3;
          for (let i = 0; i < rowLength; i++) {
            const signed = of[from + i]! - among[to + i]!;
            difference += signed < 0 ? -signed : signed;
          }
        }
        if (difference < best) best = difference;
      }
      sum += best;
    }
  }
  return sum / of.length;
}

/** The mean absolute deviation of colours from their mean. */
function contrast(thumbnail: Float32Array): number {
  const means = [0, 0, 0];
  thumbnail.forEach((value, i) => (means[i % 3]! += (value * 3) / thumbnail.length));
  let sum = 0;
  for (let i = 0; i < thumbnail.length; i++) sum += Math.abs(thumbnail[i]! - means[i % 3]!);
  return sum / thumbnail.length;
}
