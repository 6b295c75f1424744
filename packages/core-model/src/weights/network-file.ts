import { expectOptions, type OptionNames } from '@unblur/files/options';
import { excerptOf, excerptOfValue, isMapping, parseMapping } from '@unblur/files/parsed-value';
import type { WeightValues } from './initial-weights.js';
import { takeLayerRanges } from './layer-ranges.js';
import type { LayerRanges } from './layer-ranges.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import type { SafetensorsBytes, SafetensorsTensor } from './safetensors.js';

const namesInMessage = 5;

/** A network family as its weights files know it. */
export interface NetworkKind<Config> {
  /** What messages call it. */
  name: string;
  /** The header entry that holds the config as JSON. */
  configKey: string;
  /** The shape of every weight, by name. @throws if the config does not hold together. */
  shapesOf(config: Config): Record<string, number[]>;
}

/** How weights are written. */
export interface NetworkFileOptions {
  /** float16 halves the file; values are rounded to nearest. */
  dtype: 'float32' | 'float16';
  /** More header entries, such as how the weights were trained. */
  metadata?: Record<string, string>;
}

const networkFileOptions: OptionNames<NetworkFileOptions> = { dtype: true, metadata: true };

/**
 * Weights as the bytes of a `.safetensors` file with the network's config in its header.
 *
 * @throws if names or shapes do not fit the config, a value is not finite or would not be as float16, or the
 * dtype is another or an option is not known.
 */
export function writeNetworkFile<Config>(
  kind: NetworkKind<Config>,
  values: WeightValues,
  config: Config,
  options: NetworkFileOptions,
): Uint8Array {
  expectOptions(options ?? {}, networkFileOptions, "writeWeights(values, config, { dtype: 'float16' })");
  const { dtype, metadata = {} } = options ?? {};
  if (dtype !== 'float32' && dtype !== 'float16') {
    throw new Error(
      `Expected { dtype: 'float32' } or { dtype: 'float16' } to write weights but received ${excerptOfValue(dtype)} for dtype.`,
    );
  }
  expectFit(values, kind.shapesOf(config));
  if (dtype === 'float16') expectFloat16(values);
  const tensors = Object.fromEntries(
    Object.entries(values).map(([name, { shape, values: weights }]) => [
      name,
      { dtype: dtype === 'float16' ? ('F16' as const) : ('F32' as const), shape, values: weights },
    ]),
  );
  return writeSafetensors({ tensors, metadata: { ...metadata, [kind.configKey]: JSON.stringify(config) } });
}

/** From here on, float16 rounds to infinity. */
const beyondFloat16 = 65520;

function expectFloat16(values: WeightValues): void {
  for (const [name, { values: weights }] of Object.entries(values)) {
    const large = weights.find((value) => Math.abs(value) >= beyondFloat16);
    if (large === undefined) continue;
    throw new Error(
      `Expected weights between -65504 and 65504, the limits of float16, but '${name}' holds ${large}: training has diverged, or write float32.`,
    );
  }
}

/** The weights of a network. */
export interface NetworkWeights {
  values: WeightValues;
  /** Where the weights were calibrated. */
  ranges?: LayerRanges | undefined;
}

/** What a weights file holds. */
export interface NetworkFile<Config> extends NetworkWeights {
  config: Config;
  metadata: Record<string, string>;
}

/**
 * Reads what `writeNetworkFile` wrote.
 *
 * @throws if the bytes are no such file, its weights do not fit its config (with the names and shapes that
 * differ), or a value is not finite.
 */
export function readNetworkFile<Config>(
  kind: NetworkKind<Config>,
  bytes: SafetensorsBytes,
): NetworkFile<Config> {
  const { tensors, metadata } = readSafetensors(bytes);
  const { [kind.configKey]: configJson, ...rest } = metadata;
  if (configJson === undefined) {
    const found = Object.keys(rest).find((key) => key.startsWith('unblur.'));
    throw new Error(
      `Expected weights of a ${kind.name} network but the file's header has no '${kind.configKey}': these are weights of something else${found === undefined ? '' : ` ('${excerptOf(found)}')`}.`,
    );
  }
  const config = readConfig<Config>(configJson, kind);
  const values = floatingPoint(tensors);
  expectFit(values, kind.shapesOf(config));
  return { config, values, ...takeLayerRanges(rest, values) };
}

/** Tensors as weights. @throws with the first that is of another type. */
function floatingPoint(tensors: Record<string, SafetensorsTensor>): WeightValues {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, values }]) => {
      if (dtype !== 'F32' && dtype !== 'F16') {
        throw new Error(`Expected floating-point weights but tensor '${excerptOf(name)}' is ${dtype}.`);
      }
      return [name, { shape, values: values as Float32Array }];
    }),
  );
}

/** A file's config, of which its network has still to say whether it holds together. */
function readConfig<Config>(
  json: string,
  { name, configKey }: Pick<NetworkKind<Config>, 'name' | 'configKey'>,
): Config {
  const config = parseMapping(json);
  if (!config) {
    throw new Error(
      `Expected the config of a ${name} network as a JSON mapping in the header's '${configKey}' but received something else: the file is damaged or not written by this program.`,
    );
  }
  return config as Config;
}

/**
 * @param wanted the shape of every weight by name.
 * @param subject what was expected, for the message.
 * @throws with the first names and shapes that differ from those wanted, or the first weight that is not
 * finite.
 */
export function expectFit(
  values: WeightValues,
  wanted: Record<string, number[]>,
  subject = 'weights that fit their config',
): void {
  if (!isMapping(values)) {
    throw new Error(`Expected ${subject}, by name, but received ${excerptOfValue(values)}.`);
  }
  const differences: string[] = [];
  for (const [name, shape] of Object.entries(wanted)) {
    const received = Object.hasOwn(values, name) ? values[name]!.shape : undefined;
    if (!received) differences.push(`'${name}' [${shape}] is missing`);
    else if (received.join() !== shape.join()) differences.push(`'${name}' is [${received}], not [${shape}]`);
  }
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(wanted, name)) {
      differences.push(`'${excerptOf(name)}' [${values[name]!.shape}] is not part of the network`);
    }
  }
  if (differences.length > 0) {
    const more =
      differences.length > namesInMessage ? `; and ${differences.length - namesInMessage} more` : '';
    throw new Error(
      `Expected ${subject} but received others: ${differences.slice(0, namesInMessage).join('; ')}${more}.`,
    );
  }
  for (const [name, { values: weights }] of Object.entries(values)) {
    if (!areFinite(weights)) {
      const bad = weights.findIndex((value) => !isFinite(value));
      throw new Error(
        `Expected finite weights but '${excerptOf(name)}' holds ${weights[bad]} at index ${bad}: the file is damaged or its training diverged.`,
      );
    }
  }
}

/** Whether every number of many is finite. */
export function areFinite(values: Float32Array): boolean {
  // Zero for finite values, no number for any other: a sum takes a tenth of the time of a search.
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]! * 0;
  return sum === 0;
}
