import { add, log } from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';

const LEAST_L1 = 1e-3;
const UNSEEN_ERROR = 0.005;

/** log(error + 0.001) of each sample's mean |e|: its gradient does not grow with the blur, so every sample has an equal say. */
export const logL1 = (error: Tensor1D): Tensor1D => log(add(error, LEAST_L1));

/** log(error + 0.005^2) of each sample's mean e^2, which is PSNR but for its unit, up to about 46 dB, beyond which nobody sees a difference. */
export const logL2 = (squaredError: Tensor1D): Tensor1D => log(add(squaredError, UNSEEN_ERROR ** 2));
