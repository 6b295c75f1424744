import { avgPool, image as tfImage, mul, reshape, transpose } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/**
 * `[B, H, W, C]` to `[B, H/2, W/2, C]` by the mean of 2x2 pixels (bilinear downsampling by 2 with half-pixel
 * centres).
 */
export function halve(x: Tensor4D): Tensor4D {
  return avgPool(x, 2, 2, 'valid');
}

/** An image at levels 0 (as given) to `coarsestLevel`, each half the size of the one before. */
export function imagePyramid(image: Tensor4D, coarsestLevel: number): Tensor4D[] {
  const pyramid = [image];
  for (let level = 1; level <= coarsestLevel; level++) pyramid.push(halve(pyramid[level - 1]!));
  return pyramid;
}

/**
 * A flow field in pixels of its own level, at another level: resized bilinearly, its vectors scaled with the
 * image.
 */
export function resizeFlow(flowPixels: Tensor4D, [height, width]: [number, number]): Tensor4D {
  const scale = width / flowPixels.shape[2];
  return scale === 1
    ? flowPixels
    : mul(tfImage.resizeBilinear(flowPixels, [height, width], false, true), scale);
}

/**
 * `[B, h, w, 4 C]` to `[B, 2h, 2w, C]`: each pixel's channels become 2x2 pixels (sub-pixel convolution, Shi
 * et al. 2016).
 */
export function unpackPixels(x: Tensor4D): Tensor4D {
  const [batch, height, width, packed] = x.shape;
  // Within a row of cells, those pixels' upper rows come first, then their lower.
  const rows = transpose(reshape(x, [batch * height, width, 2, packed / 2]), [0, 2, 1, 3]);
  return reshape(rows, [batch, 2 * height, 2 * width, packed / 4]);
}

/** `[B, 2h, 2w, C]` to `[B, h, w, 4 C]`: the inverse of `unpackPixels`. */
export function packPixels(x: Tensor4D): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const cells = transpose(reshape(x, [(batch * height) / 2, 2, width / 2, 2 * channels]), [0, 2, 1, 3]);
  return reshape(cells, [batch, height / 2, width / 2, 4 * channels]);
}
