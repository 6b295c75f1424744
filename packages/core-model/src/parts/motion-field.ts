import {
  add,
  cast,
  clipByValue,
  greater,
  minimum,
  mul,
  reshape,
  slice,
  sub,
  tensor4d,
} from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { gridSample } from './grid-sample.js';
import type { SamplePadding } from './sample-padding.js';
import { resizeBilinear } from './resolution.js';
import { stopGradient } from './stop-gradient.js';

/**
 * The displacement that an affine motion about the image centre gives every pixel of a level.
 *
 * @param affine `[B, 2, 3]`: displacement (dx, dy) = linear part `[:, :, 0:2]` times the position relative to
 * the image centre plus `[:, :, 2]`, all in full-resolution pixels, so that every level and every image size
 * reads it alike.
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

/** A pixel counts as visible where at least this fraction of its bilinear sample lies inside the image. */
const visibleFraction = 0.999;

/**
 * Backward warping, `warped(p) = x(p + flow(p))`, and where that lies inside of `x`.
 *
 * @param x `[B, h, w, C]`.
 * @param flowPixels `[B, h, w, 2]` (dx, dy) in pixels of `x`.
 * @param padding what is sampled beyond the edge.
 * @returns `warped` `[B, h, w, C]`, and `mask` `[B, h, w, 1]`: 1 where the sample lies inside, else 0,
 * through which no gradient flows.
 */
export function warpWithMask(
  x: Tensor4D,
  flowPixels: Tensor4D,
  padding: SamplePadding,
): { warped: Tensor4D; mask: Tensor4D } {
  const [, height, width] = x.shape;
  const positions = add(flowPixels, pixelPositions([height, width])) as Tensor4D;
  const mask = stopGradient([positions], (constant) => fullyInside(constant, [height, width]));
  return { warped: gridSample(x, positions, padding), mask };
}

/**
 * `warpWithMask`, 0 where the sample lies outside of `x`: the padding then matters for the last thousandth of
 * a pixel only.
 */
export function warpVisible(
  x: Tensor4D,
  flowPixels: Tensor4D,
  padding: SamplePadding,
): { warped: Tensor4D; mask: Tensor4D } {
  const { warped, mask } = warpWithMask(x, flowPixels, padding);
  return { warped: mul(warped, mask), mask };
}

/**
 * Where an image shows what is moved by a flow: `[B, h, w, 1]`, 1 where p + flow(p) lies inside, else 0.
 * `warpWithMask`'s mask by itself; no gradient flows through it.
 *
 * @param flowPixels `[B, h, w, 2]` (dx, dy) in pixels of its own level.
 */
export function visibility(flowPixels: Tensor4D): Tensor4D {
  const [, height, width] = flowPixels.shape;
  return stopGradient([flowPixels], (flow) =>
    fullyInside(add<Tensor4D>(flow, pixelPositions([height, width])), [height, width]),
  );
}

/**
 * What sampling an image of ones that is 0 outside gives is known without sampling: the fraction of the four
 * neighbours' weights inside.
 */
function fullyInside(positions: Tensor4D, [height, width]: [number, number]): Tensor4D {
  const [batch, outHeight, outWidth] = positions.shape;
  const fractionInside = (axis: 0 | 1, size: number): Tensor4D => {
    const position = slice(positions, [0, 0, 0, axis], [batch, outHeight, outWidth, 1]);
    return clipByValue(minimum(add(position, 1), sub(size, position)), 0, 1);
  };
  return cast(greater(mul(fractionInside(0, width), fractionInside(1, height)), visibleFraction), 'float32');
}

/**
 * A flow field in pixels of its own level, at another level: resized bilinearly, its vectors scaled with the
 * image.
 */
export function resizeFlow(flowPixels: Tensor4D, [height, width]: [number, number]): Tensor4D {
  const scale = width / flowPixels.shape[2];
  return scale === 1 ? flowPixels : mul(resizeBilinear(flowPixels, [height, width]), scale);
}

/** The position (x, y) of every pixel of an image, `[1, h, w, 2]`. */
function pixelPositions([height, width]: [number, number]): Tensor4D {
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
