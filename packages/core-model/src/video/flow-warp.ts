import { add, cast, clipByValue, greater, minimum, mul, slice, sub } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { gridSample } from '../parts/grid-sample.js';
import type { SamplePadding } from '../parts/grid-sample.js';
import { pixelPositions } from '../parts/motion-field.js';
import { stopGradient } from '../parts/stop-gradient.js';

/** A pixel counts as seen where at least this share of its bilinear sample lies inside the image. */
const seenShare = 0.999;

/**
 * Backward warping that knows what it cannot see: `warped(p) = x(p + flow(p))`, and 0 where that lies outside
 * of `x`.
 *
 * @param x `[B, h, w, C]`.
 * @param flowPixels `[B, h, w, 2]` (dx, dy) in pixels of `x`.
 * @param padding what is sampled beyond the edge; it matters for the last thousandth of a pixel only.
 * @returns `warped` `[B, h, w, C]`, and `mask` `[B, h, w, 1]`: 1 where the sample lies inside, else 0,
 * through which no gradient flows.
 */
export function warpVisible(
  x: Tensor4D,
  flowPixels: Tensor4D,
  padding: SamplePadding,
): { warped: Tensor4D; mask: Tensor4D } {
  const [, height, width] = x.shape;
  const positions = add(flowPixels, pixelPositions([height, width])) as Tensor4D;
  const mask = stopGradient([positions], (constant) => visibility(constant, [height, width]));
  return { warped: mul(gridSample(x, positions, padding), mask), mask };
}

/**
 * What sampling an image of ones that is 0 outside gives is known without sampling: the share of the four
 * neighbours' weights inside.
 */
function visibility(positions: Tensor4D, [height, width]: [number, number]): Tensor4D {
  const [batch, outHeight, outWidth] = positions.shape;
  const shareInside = (axis: 0 | 1, size: number): Tensor4D => {
    const position = slice(positions, [0, 0, 0, axis], [batch, outHeight, outWidth, 1]);
    return clipByValue(minimum(add(position, 1), sub(size, position)), 0, 1);
  };
  return cast(greater(mul(shareInside(0, width), shareInside(1, height)), seenShare), 'float32');
}
