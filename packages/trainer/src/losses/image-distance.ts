import { abs, add, log, mean, sqrt, square, sub } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * How far one image is from its ground truth, per sample.
 * - `l1`: mean |e|, as in the paper.
 * - `charbonnier`: mean sqrt(e^2 + 0.001^2), which is smooth at 0.
 * - `log-l1` (ours): log(mean |e| + 0.001). A sample's gradient no longer grows with its blur, so every
 *   sample has an equal say.
 * - `log-l2` (ours): log(mean e^2 + 0.005^2), which is PSNR but for its unit, up to about 46 dB, beyond which
 *   no difference is visible: where two answers are as likely, their mean is best.
 */
export type PhotometricNorm = 'l1' | 'charbonnier' | 'log-l1' | 'log-l2';

const charbonnierEpsilon = 1e-3;
const logL1Epsilon = 1e-3;
/** The square of an invisible error, 0.005. */
const logL2Epsilon = 0.005 ** 2;

/**
 * The distance between two images `[B, H, W, 3]`, per sample: `[B]`. @param epsilon what `log-l2`
 * adds to the mean squared error.
 */
export function imageDistance(
  image: Tensor4D,
  gt: Tensor4D,
  norm: PhotometricNorm,
  epsilon?: number,
): Tensor1D {
  const error = sub(image, gt);
  switch (norm) {
    case 'l1':
      return mean(abs(error), [1, 2, 3]);
    case 'charbonnier':
      return mean(sqrt(add(square(error), charbonnierEpsilon ** 2)), [1, 2, 3]);
    case 'log-l1':
      return logL1(mean<Tensor1D>(abs(error), [1, 2, 3]));
    case 'log-l2':
      return logL2(mean<Tensor1D>(square(error), [1, 2, 3]), epsilon);
  }
}

/**
 * log(error + 0.001) of each sample's mean |e|: its gradient does not grow with the blur, so every sample has
 * an equal say.
 */
export const logL1 = (error: Tensor1D): Tensor1D => log(add(error, logL1Epsilon));

/**
 * log(error + epsilon) of each sample's mean e^2, which is PSNR but for its unit, up to -10 log10(epsilon)
 * dB: of 0.005^2 to about 46 dB, beyond which no difference is visible.
 */
export const logL2 = (squaredError: Tensor1D, epsilon = logL2Epsilon): Tensor1D =>
  log(add(squaredError, epsilon));
