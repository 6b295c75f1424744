import { avgPool, image as tfImage, reshape, transpose } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { describeType } from '@unblur/files/parsed-value';

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

/** Bilinear with half-pixel centres; untouched where the size is right. */
export function resizeBilinear(x: Tensor4D, [height, width]: [number, number]): Tensor4D {
  return x.shape[1] === height && x.shape[2] === width
    ? x
    : tfImage.resizeBilinear(x, [height, width], false, true);
}

/** `factor` times the height and width, bilinearly; values stay as they are. */
export function upsample(x: Tensor4D, factor: number): Tensor4D {
  return resizeBilinear(x, [factor * x.shape[1], factor * x.shape[2]]);
}

/** The level of images whose pixels are packed two by two: half the height and width. */
export const packedLevel = 1;
/** What their RGB becomes. */
export const packedImageChannels = 4 * 3;

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

/**
 * @param what the network takes, for the message.
 * @throws unless `x` is `[B, H, W, 3]` with H and W multiples of `multiple`.
 */
export function expectMultipleSize(x: Tensor4D, multiple: number, what: string): void {
  const shape: unknown = x?.shape;
  const wanted = `Expected ${what} [B, H, W, 3], height and width multiples of ${multiple},`;
  if (!Array.isArray(shape)) {
    throw new Error(`${wanted} but received ${describeType(x)} that is no tensor; make one with tensor4d.`);
  }
  if (shape.length !== 4 || shape[3] !== 3 || shape[1] % multiple !== 0 || shape[2] % multiple !== 0) {
    throw new Error(`${wanted} but received [${shape}]; pad first.`);
  }
}
