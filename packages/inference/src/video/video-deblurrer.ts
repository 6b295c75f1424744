import {
  createVideoDeblurrer as createOnEngine,
  expectNetworkOptions,
  type VideoDeblurrer,
  type VideoDeblurrerOptions as EngineOptions,
} from '@unblur/restoration';
import { onnxRuntimeEngine } from '../onnx-engine.js';

export interface VideoDeblurrerOptions extends Omit<EngineOptions, 'engine'> {
  /** Processor threads to use. Default: all cores. */
  threads?: number;
}

/**
 * Makes a deblurrer from weights, which runs on ONNX Runtime.
 *
 * @throws UnblurError when an option makes no sense or the weights do not hold together.
 */
export function createVideoDeblurrer({ threads, ...options }: VideoDeblurrerOptions): VideoDeblurrer {
  expectNetworkOptions({ threads });
  return createOnEngine({ ...options, engine: onnxRuntimeEngine(threads) });
}
