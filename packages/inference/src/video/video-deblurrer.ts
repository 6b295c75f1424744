import {
  createVideoDeblurrer as createOnEngine,
  expectNetworkOptions,
  expectOptions,
  type OptionNames,
  type Precision,
  type VideoDeblurrer as DeblurrerOnEngine,
  type VideoDeblurrerOptions as EngineOptions,
} from '@unblur/restoration';
import { expectPrecision, onnxRuntimeEngine } from '../onnx-engine.js';

export interface VideoDeblurrerOptions extends Omit<EngineOptions, 'engine'> {
  /** Processor threads to use. Default: all cores. */
  threads?: number;
  /** As in `createRestorer`. Default `int8`. */
  precision?: Precision;
}

export interface VideoDeblurrer extends DeblurrerOnEngine {
  readonly precision: Precision;
}

const deblurrerOptions: OptionNames<VideoDeblurrerOptions> = {
  weights: true,
  threads: true,
  precision: true,
  memoryBudgetBytes: true,
  mirrored: true,
  windowsOnly: true,
};

/**
 * Makes a deblurrer from weights, which runs on ONNX Runtime.
 *
 * @throws UnblurError when an option makes no sense or the weights are invalid.
 */
export function createVideoDeblurrer(options: VideoDeblurrerOptions): VideoDeblurrer {
  expectOptions(options, deblurrerOptions, 'createVideoDeblurrer({ weights })');
  const { threads, precision = 'int8', ...others } = options;
  expectNetworkOptions({ threads });
  expectPrecision(precision);
  return { ...createOnEngine({ ...others, engine: onnxRuntimeEngine({ threads, precision }) }), precision };
}
