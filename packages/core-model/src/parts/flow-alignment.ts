import { add, clipByValue, concat, div, mul, slice, sub } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { boxMean, luminance } from './image-statistics.js';
import { resizeFlow, warpWithMask } from './motion-field.js';
import { imagePyramid } from './resolution.js';
import { stopGradient } from './stop-gradient.js';

/** Steps of the correction at one level, 1/2^level of the frames. */
export interface FlowAlignment {
  level: number;
  iterations: number;
}

/** A motion is sought that a window shares: boxes of this side, applied twice. */
const boxPixels = 5;
/**
 * Added to the squared gradients, of display values per pixel: where a window shows nothing the flow stays as
 * it is.
 */
const damping = 1e-4;
/** A step beyond this is not what a linear model of the image can tell. */
const longestStepPixels = 1;

/**
 * Corrects a flow until the images fit at it, to a tenth of a pixel where they show enough: Lucas and Kanade
 * 1981, forward additive, with the mean of both images' gradients, coarse levels first. A network that
 * compares features at an eighth of the image finds large motion but is off by a quarter of it, too much for
 * detail to be carried from frame to frame. Nothing here is learned, and the correction counts as a constant:
 * what the result is worth teaches the flow it started from.
 *
 * @param first, second `[B, H, W, 3]` display values.
 * @param flowPixels `[B, H, W, 2]`: `first(p)` shows what `second(p + flow(p))` shows, about.
 * @returns the corrected flow, of the same shape.
 */
export function alignFlow(
  first: Tensor4D,
  second: Tensor4D,
  flowPixels: Tensor4D,
  stages: FlowAlignment[],
): Tensor4D {
  const [, height, width] = flowPixels.shape;
  const correction = stopGradient([first, second, flowPixels], (one, other, given) => {
    const coarsestLevel = Math.max(0, ...stages.map(({ level }) => level));
    const [ones, others] = [one, other].map((image) => imagePyramid(luminance(image), coarsestLevel)) as [
      Tensor4D[],
      Tensor4D[],
    ];
    let flow = given;
    for (const { level, iterations } of stages) {
      const [a, b] = [ones[level]!, others[level]!];
      let atThis = resizeFlow(flow, [a.shape[1], a.shape[2]]);
      const before = atThis;
      for (let iteration = 0; iteration < iterations; iteration++) {
        atThis = add(atThis, stepTowards(a, b, atThis));
      }
      flow = add(flow, resizeFlow(sub(atThis, before), [height, width]));
    }
    return sub<Tensor4D>(flow, given);
  });
  return add(flowPixels, correction);
}

/**
 * One Gauss-Newton step of the sum of squared differences in the window around every pixel; what the second
 * image does not show does not count.
 */
function stepTowards(first: Tensor4D, second: Tensor4D, flowPixels: Tensor4D): Tensor4D {
  // Beyond its edge the second image goes on as it ends: black there would be an edge that neither image shows.
  const { warped, mask } = warpWithMask(second, flowPixels, 'border');
  const both = mul<Tensor4D>(add(first, warped), 0.5);
  const difference = mul<Tensor4D>(sub(warped, first), mask);
  const dx = mul<Tensor4D>(centralDifference(both, 2), mask);
  const dy = mul<Tensor4D>(centralDifference(both, 1), mask);
  const products = concat(
    [mul(dx, dx), mul(dx, dy), mul(dy, dy), mul(dx, difference), mul(dy, difference)],
    3,
  ) as Tensor4D;
  const sums = boxMean(boxMean(products, boxPixels), boxPixels);
  const channel = (index: number) => slice(sums, [0, 0, 0, index], [-1, -1, -1, 1]);
  const [xx, xy, yy, xt, yt] = [
    add(channel(0), damping),
    channel(1),
    add(channel(2), damping),
    channel(3),
    channel(4),
  ];
  const determinant = sub(mul(xx, yy), mul(xy, xy));
  const step = div<Tensor4D>(
    concat([sub(mul(xy, yt), mul(yy, xt)), sub(mul(xy, xt), mul(xx, yt))] as Tensor4D[], 3),
    determinant,
  );
  return clipByValue(step, -longestStepPixels, longestStepPixels);
}

/**
 * Half the difference of the next and the previous pixel along an axis; at the edges, of the edge pixel
 * itself.
 */
function centralDifference(x: Tensor4D, axis: 1 | 2): Tensor4D {
  const length = x.shape[axis];
  const part = (start: number, size: number) => {
    const [begin, sizes]: [number[], number[]] = [[0, 0, 0, 0], [...x.shape]];
    [begin[axis], sizes[axis]] = [start, size];
    return slice(x, begin as [number, number, number, number], sizes as [number, number, number, number]);
  };
  const next = concat([part(1, length - 1), part(length - 1, 1)], axis);
  const previous = concat([part(0, 1), part(0, length - 1)], axis);
  return mul(sub(next, previous), 0.5);
}
