import { isCalibrated } from '@unblur/core-model';
import type { EngineName, Precision } from '@unblur/inference';
import type { ChosenWeights } from './weights-choice.js';

/**
 * What frames are computed in if `asked` is asked for: ONNX Runtime uses 8-bit integers for calibrated weights
 * alone; of several, if one is.
 */
export function computedPrecision(
  weights: ChosenWeights | ChosenWeights[],
  asked: Precision = 'int8',
  engine: EngineName = 'onnxruntime',
): Precision {
  const computesIn8Bits = asked === 'int8' && engine === 'onnxruntime';
  return computesIn8Bits && [weights].flat().some(({ bytes }) => isCalibrated(bytes)) ? 'int8' : 'float32';
}
