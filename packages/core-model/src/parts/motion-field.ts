import { add, mul, slice, tensor4d, reshape } from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { gridSample } from './grid-sample.js';

/**
 * The displacement that an affine motion about the image centre gives every pixel of a level.
 *
 * @param affine `[B, 2, 3]`: displacement (dx, dy) = linear part `[:, :, 0:2]` times the position relative to
 * the image
 *   centre plus `[:, :, 2]`, all in full-resolution pixels, so that every level and every image size reads it alike.
 * @param size height and width of the level.
 * @param level the level is 1/2^level of the full resolution.
 * @returns `[B, h, w, 2]` in pixels of the level.
 */
export function affineDisplacement(
  affine: Tensor3D,
  [height, width]: [number, number],
  level: number,
): Tensor4D {
  const batch = affine.shape[0];
  const column = (index: number) => reshape(slice(affine, [0, 0, index], [-1, -1, 1]), [batch, 1, 1, 2]);
  const x = tensor4d(centredPositions(width), [1, 1, width, 1]);
  const y = tensor4d(centredPositions(height), [1, height, 1, 1]);
  // The linear part has no unit; only the translation shrinks with the level.
  return add(add(mul(x, column(0)), mul(y, column(1))), mul(column(2), 1 / 2 ** level));
}

/**
 * Backward warping: `out(p) = x(p + displacement(p))`, edges repeated.
 *
 * @param x `[B, h, w, C]`.
 * @param displacementPixels `[B, h, w, 2]` (dx, dy) in pixels of `x`.
 */
export function warp(x: Tensor4D, displacementPixels: Tensor4D): Tensor4D {
  const [, height, width] = x.shape;
  return gridSample(x, add(displacementPixels, pixelPositions([height, width])), 'border');
}

/** The position (x, y) of every pixel of an image, `[1, h, w, 2]`. */
export function pixelPositions([height, width]: [number, number]): Tensor4D {
  const positions = new Float32Array(height * width * 2);
  for (let index = 0; index < height * width; index++) {
    positions[2 * index] = index % width;
    positions[2 * index + 1] = Math.floor(index / width);
  }
  return tensor4d(positions, [1, height, width, 2]);
}

function centredPositions(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, index) => index - (size - 1) / 2);
}
