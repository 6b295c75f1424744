import { convolutionLowerings } from './convolution.js';
import { elementwiseLowerings } from './elementwise.js';
import type { Lowering } from './lowering.js';
import { matrixLowerings } from './matrix.js';
import { poolingLowerings } from './pooling.js';
import { reductionLowerings } from './reduction.js';
import { resizeLowerings } from './resize.js';
import { samplingLowerings } from './sampling.js';
import { shapeLowerings } from './shape.js';

/** How each TensorFlow.js kernel is written in ONNX, by the kernel's name. */
export const lowerings: Record<string, Lowering> = {
  ...convolutionLowerings,
  ...elementwiseLowerings,
  ...matrixLowerings,
  ...poolingLowerings,
  ...reductionLowerings,
  ...resizeLowerings,
  ...samplingLowerings,
  ...shapeLowerings,
};

/**
 * Teaches `trace` a kernel of your own, or another lowering of a known one. It holds for every later trace.
 *
 * @param kernelName the name that the kernel is registered under in TensorFlow.js.
 */
export function registerLowering(kernelName: string, lowering: Lowering): void {
  lowerings[kernelName] = lowering;
}
