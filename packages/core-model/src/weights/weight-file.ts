import type { BlurToVideoConfig } from '../blur-to-video/config.js';
import { weightShapes } from './initial-weights.js';
import type { WeightValues } from './initial-weights.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const CONFIG_KEY = 'unblur.blur-to-video';
const NAMES_IN_MESSAGE = 5;

/**
 * Weights as the bytes of a `.safetensors` file with the network's config in its header.
 *
 * @param options.dtype float16 halves the file; values are rounded to nearest.
 * @param options.metadata more header entries, such as how the weights were trained.
 * @throws if names or shapes do not fit the config, or a value is not finite.
 */
export function writeWeights(values: WeightValues, config: BlurToVideoConfig, { dtype, metadata = {} }: { dtype: 'float32' | 'float16'; metadata?: Record<string, string> }): Uint8Array {
  expectFit(values, config);
  const tensors = Object.fromEntries(
    Object.entries(values).map(([name, { shape, values: weights }]) => [name, { dtype: dtype === 'float16' ? ('F16' as const) : ('F32' as const), shape, values: weights }]),
  );
  return writeSafetensors({ tensors, metadata: { ...metadata, [CONFIG_KEY]: JSON.stringify(config) } });
}

/**
 * Reads what `writeWeights` wrote.
 *
 * @throws if the bytes are no such file, its weights do not fit its config (with the names and shapes that differ),
 *   or a value is not finite.
 */
export function readWeights(bytes: Uint8Array): { config: BlurToVideoConfig; values: WeightValues; metadata: Record<string, string> } {
  const { tensors, metadata } = readSafetensors(bytes);
  const { [CONFIG_KEY]: configJson, ...rest } = metadata;
  if (configJson === undefined) throw new Error(`Expected weights of a blur-to-video network but the file's header has no '${CONFIG_KEY}': these are weights of something else.`);
  const config = JSON.parse(configJson) as BlurToVideoConfig;
  const values: WeightValues = {};
  for (const [name, { shape, values: weights, dtype }] of Object.entries(tensors)) {
    if (dtype !== 'F32' && dtype !== 'F16') throw new Error(`Expected floating-point weights but tensor '${name}' is ${dtype}.`);
    values[name] = { shape, values: weights as Float32Array };
  }
  expectFit(values, config);
  return { config, values, metadata: rest };
}

/** @throws with the first names and shapes that differ from what the config asks for, or the first weight that is not finite. */
function expectFit(values: WeightValues, config: BlurToVideoConfig): void {
  const wanted = weightShapes(config);
  const differences: string[] = [];
  for (const [name, shape] of Object.entries(wanted)) {
    const received = values[name]?.shape;
    if (!received) differences.push(`'${name}' [${shape}] is missing`);
    else if (received.join() !== shape.join()) differences.push(`'${name}' is [${received}], not [${shape}]`);
  }
  for (const name of Object.keys(values)) if (!wanted[name]) differences.push(`'${name}' [${values[name]!.shape}] is not part of the network`);
  if (differences.length > 0) {
    const more = differences.length > NAMES_IN_MESSAGE ? `; and ${differences.length - NAMES_IN_MESSAGE} more` : '';
    throw new Error(`Expected weights that fit their config but received others: ${differences.slice(0, NAMES_IN_MESSAGE).join('; ')}${more}.`);
  }
  for (const [name, { values: weights }] of Object.entries(values)) {
    const bad = weights.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new Error(`Expected finite weights but '${name}' holds ${weights[bad]} at index ${bad}: the file is damaged or its training diverged.`);
  }
}
