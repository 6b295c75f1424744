import { UnblurError } from '@unblur/files';
import type { ComputeEngine } from '@unblur/restoration';
import {
  expectGraphics,
  expectPrecision,
  onnxRuntimeEngine,
  onnxRuntimeEngineNames,
  type OnnxRuntimeOptions,
} from './onnx-engine.js';
import { tensorFlowEngine } from './tensorflow-engine.js';

/**
 * What can restore photographs: ONNX Runtime, on the processor or on a graphics device, or a backend of
 * TensorFlow.js that the user has installed.
 */
export const engineNames = [...onnxRuntimeEngineNames, 'tfjs-tensorflow', 'tfjs-cpu'] as const;
export type EngineName = (typeof engineNames)[number];

/**
 * @param options of ONNX Runtime.
 * @throws UnblurError where there is no engine of that name, or it is not installed or does not start.
 */
export async function openEngine(name: EngineName, options: OnnxRuntimeOptions = {}): Promise<ComputeEngine> {
  if (!engineNames.includes(name)) {
    throw new UnblurError(`Expected ${engineNames.join(', ')} for engine but received ${String(name)}`);
  }
  expectPrecision(options.precision);
  if (name === 'tfjs-tensorflow' || name === 'tfjs-cpu') return tensorFlowEngine(name);
  if (name === 'onnxruntime-webgpu') await expectGraphics();
  return onnxRuntimeEngine(name, options);
}
