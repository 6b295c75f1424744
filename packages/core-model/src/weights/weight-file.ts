import type { BlurToVideoConfig } from '../blur-to-video/config.js';
import { weightShapes } from './initial-weights.js';
import type { WeightValues } from './initial-weights.js';
import { readNetworkFile, writeNetworkFile } from './network-file.js';
import type { NetworkKind } from './network-file.js';

const blurToVideoKind: NetworkKind<BlurToVideoConfig> = { name: 'blur-to-video', configKey: 'unblur.blur-to-video', shapesOf: weightShapes };

/** Weights of a blur-to-video network as the bytes of a `.safetensors` file; see `writeNetworkFile`. */
export function writeWeights(values: WeightValues, config: BlurToVideoConfig, options: { dtype: 'float32' | 'float16'; metadata?: Record<string, string> }): Uint8Array {
  return writeNetworkFile(blurToVideoKind, values, config, options);
}

/** Reads what `writeWeights` wrote; see `readNetworkFile`. */
export function readWeights(bytes: Uint8Array): { config: BlurToVideoConfig; values: WeightValues; metadata: Record<string, string> } {
  return readNetworkFile(blurToVideoKind, bytes);
}
