import { add, log } from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';

const leastL1 = 1e-3;
/** The square of an error that nobody sees, of 0.005. */
const unseenSquare = 0.005 ** 2;

/**
 * log(error + 0.001) of each sample's mean |e|: its gradient does not grow with the blur, so every sample has
 * an equal say.
 */
export const logL1 = (error: Tensor1D): Tensor1D => log(add(error, leastL1));

/**
 * log(error + epsilon) of each sample's mean e^2, which is PSNR but for its unit, up to -10 log10(epsilon)
 * dB: of 0.005^2 to about 46 dB, beyond which nobody sees a difference.
 */
export const logL2 = (squaredError: Tensor1D, epsilon = unseenSquare): Tensor1D =>
  log(add(squaredError, epsilon));
