import type { WeightDeclaration } from '../parts/layers.js';
import { drawWeights } from './initial-weights.js';
import type { WeightValues } from './initial-weights.js';
import { readNetworkFile, writeNetworkFile } from './network-file.js';
import type { NetworkKind } from './network-file.js';

/** What every family of networks can do with its weights. */
export interface NetworkFamily<Config> extends NetworkKind<Config> {
  /** Seeded starting weights; see `drawWeights`. @throws if the config does not hold together. */
  initialWeights(config: Config, seed: number): WeightValues;
  /** Reads what `writeWeights` wrote; see `readNetworkFile`. */
  readWeights(bytes: Uint8Array): { config: Config; values: WeightValues; metadata: Record<string, string> };
  /** Weights as the bytes of a `.safetensors` file; see `writeNetworkFile`. */
  writeWeights(
    values: WeightValues,
    config: Config,
    options: { dtype: 'float32' | 'float16'; metadata?: Record<string, string> },
  ): Uint8Array;
}

/**
 * A family of networks that differ by their config alone.
 *
 * @param declare declares the network's layers. @throws if the config does not hold together.
 */
export function networkFamily<Config>({
  name,
  configKey,
  declare,
}: {
  name: string;
  configKey: string;
  declare(config: Config): { weights: Record<string, WeightDeclaration> };
}): NetworkFamily<Config> {
  const kind: NetworkKind<Config> = {
    name,
    configKey,
    shapesOf: (config) =>
      Object.fromEntries(
        Object.entries(declare(config).weights).map(([weight, { shape }]) => [weight, shape]),
      ),
  };
  return {
    ...kind,
    initialWeights: (config, seed) => drawWeights(declare(config).weights, seed),
    readWeights: (bytes) => readNetworkFile(kind, bytes),
    writeWeights: (values, config, options) => writeNetworkFile(kind, values, config, options),
  };
}
