import { expectOptions, UnblurError, type OptionNames } from '@unblur/files';
import {
  createVideoDeblurrer as createOnEngine,
  expectNetworkOptions,
  type Precision,
  type VideoDeblurrer as DeblurrerOnEngine,
  type VideoDeblurrerOptions as EngineOptions,
} from '@unblur/restoration';
import {
  expectPrecision,
  onnxRuntimeEngine,
  onnxRuntimeEngineNames,
  precisionOn,
  type OnnxRuntimeEngineName,
} from '../onnx-engine.js';

export interface VideoDeblurrerOptions extends Omit<EngineOptions, 'engine'> {
  /** What computes. Default `onnxruntime`. */
  engine?: OnnxRuntimeEngineName | undefined;
  /** Processor threads to use. Default: all cores. */
  threads?: number | undefined;
  /** As in `createRestorer`. Default `int8`. */
  precision?: Precision | undefined;
}

export interface VideoDeblurrer extends DeblurrerOnEngine {
  /** What calibrated layers are computed in. */
  readonly precision: Precision;
}

const deblurrerOptions: OptionNames<VideoDeblurrerOptions> = {
  weights: true,
  engine: true,
  threads: true,
  precision: true,
  memoryBudgetBytes: true,
  mirrored: 'boolean',
  windowsOnly: 'boolean',
};

/**
 * Makes a deblurrer from weights, which runs on ONNX Runtime; a graphics device is looked for at the first frame.
 *
 * @throws UnblurError when an option makes no sense or the weights are invalid.
 */
export function createVideoDeblurrer(options: VideoDeblurrerOptions): VideoDeblurrer {
  const {
    engine = 'onnxruntime',
    threads,
    precision = 'int8',
    ...others
  } = expectOptions(options, deblurrerOptions, 'createVideoDeblurrer({ weights })');
  expectNetworkOptions({ threads });
  expectPrecision(precision);
  if (!onnxRuntimeEngineNames.includes(engine)) {
    throw new UnblurError(
      `Expected ${onnxRuntimeEngineNames.join(' or ')} for engine but received ${String(engine)}`,
    );
  }
  return {
    ...createOnEngine({ ...others, engine: onnxRuntimeEngine(engine, { threads, precision }) }),
    precision: precisionOn(engine, precision),
  };
}
