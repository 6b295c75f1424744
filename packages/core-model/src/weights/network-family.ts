import type { LayerCost, WeightDeclaration } from '../parts/layers.js';
import { summarize } from '../parts/summary.js';
import type { Summary } from '../parts/summary.js';
import { drawWeights, weightDrawing } from './initial-weights.js';
import type { WeightDrawing, WeightValues } from './initial-weights.js';
import { readNetworkFile, writeNetworkFile } from './network-file.js';
import type { NetworkFile, NetworkFileOptions } from './network-file.js';
import type { SafetensorsBytes } from './safetensors.js';

/** A network with its layers declared, its weights still to come. */
export interface DeclaredNetwork {
  /** How every weight is shaped and starts, by name. */
  weights: Record<string, WeightDeclaration>;
  costs: LayerCost[];
}

/** What tells one family from another. */
interface FamilyDefinition<Config, Network> {
  /** What messages call it. */
  name: string;
  /** The header entry of its weights files that holds the config as JSON. */
  configKey: string;
  /** @throws with the config's field that does not hold together, what it may be and what it was. */
  validate(config: Config): void;
  /** Height and width of the network's input are multiples of this. @throws as `validate` does. */
  sizeMultiple(config: Config): number;
  /** Declares the network's layers. @throws as `validate` does. */
  declare(config: Config): Network;
}

/**
 * Networks that differ by their config alone, and all that can be done with one before and after training.
 */
export interface NetworkFamily<
  Config,
  Network extends DeclaredNetwork = DeclaredNetwork,
> extends FamilyDefinition<Config, Network> {
  /** The shape of every weight, by name. @throws as `validate` does. */
  shapesOf(config: Config): Record<string, number[]>;
  /** How `initialWeights` are drawn; see `weightDrawing`. @throws as `validate` does. */
  drawing(config: Config, seed: number): WeightDrawing;
  /** Seeded starting weights. @throws as `validate` does. */
  initialWeights(config: Config, seed: number): WeightValues;
  /** Parameters, multiply-adds and memory; see `summarize`. @throws as `validate` does. */
  summarize(config: Config, size: { height: number; width: number }): Summary;
  /** Reads what `writeWeights` wrote; see `readNetworkFile`. */
  readWeights(bytes: SafetensorsBytes): NetworkFile<Config>;
  /** Weights as the bytes of a `.safetensors` file; see `writeNetworkFile`. */
  writeWeights(values: WeightValues, config: Config, options: NetworkFileOptions): Uint8Array;
}

/** A family from what tells it from others. @param definition its `declare` is given valid configs only. */
export function networkFamily<Config, Network extends DeclaredNetwork>(
  definition: FamilyDefinition<Config, Network>,
): NetworkFamily<Config, Network> {
  const declare = (config: Config) => {
    definition.validate(config);
    return definition.declare(config);
  };
  const shapesOf = (config: Config) =>
    Object.fromEntries(Object.entries(declare(config).weights).map(([weight, { shape }]) => [weight, shape]));
  const drawing = (config: Config, seed: number) => weightDrawing(declare(config).weights, seed);
  const kind = { name: definition.name, configKey: definition.configKey, shapesOf };
  return {
    ...definition,
    declare,
    sizeMultiple(config) {
      definition.validate(config);
      return definition.sizeMultiple(config);
    },
    shapesOf,
    drawing,
    initialWeights: (config, seed) => drawWeights(drawing(config, seed)),
    summarize: (config, size) => summarize(declare(config), size),
    readWeights: (bytes) => readNetworkFile(kind, bytes),
    writeWeights: (values, config, options) => writeNetworkFile(kind, values, config, options),
  };
}
