import { reshape, transpose } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

const colours = 3;

/**
 * Each colour as an image of its own along the batch, its `factor` x `factor` pixels as channels: `[B, H, W,
 * 3]` to `[3 B, H/factor, W/factor, factor^2]`.
 */
export function packColours(image: Tensor4D, factor: number): Tensor4D {
  const [batch, height, width] = image.shape;
  const [rows, columns] = [height / factor, width / factor];
  const cells = reshape(image, [batch, rows, factor, columns, factor, colours]);
  return reshape(transpose(cells, [0, 5, 1, 3, 2, 4]), [colours * batch, rows, columns, factor * factor]);
}

/** The inverse of `packColours`. */
export function unpackColours(planes: Tensor4D, factor: number): Tensor4D {
  const [planeCount, rows, columns] = planes.shape;
  const batch = planeCount / colours;
  const cells = reshape(planes, [batch, colours, rows, columns, factor, factor]);
  return reshape(transpose(cells, [0, 2, 4, 3, 5, 1]), [batch, rows * factor, columns * factor, colours]);
}
