import { isDeepStrictEqual } from 'node:util';
import { readSafetensorsMetadata } from '@unblur/core-model';
import type { NetworkFamily, WeightValues } from '@unblur/core-model';
import { readWholeFile } from '@unblur/files';

const maxWeightsBytes = 2 ** 30;

interface WeightsFile {
  file: string;
  /** Its network and its weights. */
  config: object;
  values: WeightValues;
}

/**
 * The network and the weights in a file. @throws with the file, where it cannot be read or is no file of such
 * a network.
 */
export function readWeightsFile<Config>(
  file: string,
  read: (bytes: Uint8Array) => { config: Config; values: WeightValues },
): { config: Config; values: WeightValues } {
  const bytes = readWholeFile(file, maxWeightsBytes);
  try {
    return read(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw new Error(`The weights in '${file}' cannot be used. ${(cause as Error).message}`, { cause });
  }
}

/**
 * The weights that a run begins with: random ones, or those of its file.
 * @param relatives families whose layers have the same names, so that parts of their files can be taken too.
 * @throws where the file cannot be read or does not fit the run's network.
 */
export function startingWeights<Config extends object>(
  family: Pick<NetworkFamily<Config>, 'initialWeights' | 'readWeights'>,
  {
    network,
    seed,
    initialWeights,
  }: {
    network: Config;
    seed: number;
    initialWeights: { file: string; parts: readonly string[] | null } | null;
  },
  relatives: readonly Pick<NetworkFamily<object>, 'configKey' | 'readWeights'>[] = [],
): WeightValues {
  const random = (): WeightValues => family.initialWeights(network, seed);
  if (initialWeights === null) return random();
  const { file, parts } = initialWeights;
  const read = (bytes: Uint8Array): { config: object; values: WeightValues } => {
    if (parts === null) return family.readWeights(bytes);
    const metadata = readSafetensorsMetadata(bytes);
    return (relatives.find(({ configKey }) => configKey in metadata) ?? family).readWeights(bytes);
  };
  return initialWeightsFrom({ file, ...readWeightsFile(file, read) }, parts, network, random);
}

/**
 * The weights of a file that a run starts from: all of them, or some parts over random ones.
 * @param network the run's. @param random weights of it.
 * @throws where all are taken from another network, or a part is missing or has another shape.
 */
export function initialWeightsFrom(
  { file, config, values }: WeightsFile,
  parts: readonly string[] | null,
  network: object,
  random: () => WeightValues,
): WeightValues {
  if (parts !== null) {
    const weights = random();
    return {
      ...weights,
      ...pickWeights(
        weightNamesOfParts(Object.keys(weights), parts, 'initialWeights.parts'),
        weights,
        values,
        file,
      ),
    };
  }
  if (!isSameConfig(config, network)) {
    throw new Error(
      `Expected the weights in '${file}' to be of the run's network but theirs has another config; set 'network' to ${JSON.stringify(config)}, or say which 'initialWeights.parts' to take.`,
    );
  }
  return values;
}

/**
 * Whatever the order of their fields. What is absent, as in files from before there was such a field, counts
 * as null.
 */
function isSameConfig(a: object, b: object): boolean {
  const present = (config: object): unknown =>
    JSON.parse(JSON.stringify(config, (_field, value: unknown) => value ?? undefined));
  return isDeepStrictEqual(present(a), present(b));
}

/**
 * Some of the weights of a file, for a network.
 * @param names of those that are taken. @param wanted weights of the network, for their shapes. @param file
 * names it in messages.
 * @throws where one is missing or has another shape.
 */
export function pickWeights(
  names: readonly string[],
  wanted: WeightValues,
  given: WeightValues,
  file: string,
): WeightValues {
  return Object.fromEntries(
    names.map((name) => {
      const [shape, received] = [wanted[name]!.shape, given[name]?.shape];
      if (received?.join() !== shape.join()) {
        throw new Error(
          `Expected '${name}' [${shape}] in '${file}' but it is ${received ? `[${received}]` : 'missing'} there.`,
        );
      }
      return [name, given[name]!];
    }),
  );
}

/**
 * The names that begin with one of the parts. @param key of the run file, for messages. @throws where none
 * begins with a part.
 */
export function weightNamesOfParts(
  names: readonly string[],
  parts: readonly string[],
  key: string,
): string[] {
  const unknown = parts.find((part) => !names.some((name) => name.startsWith(part)));
  if (unknown !== undefined) {
    throw new Error(
      `Expected '${key}' to name parts of the network but it has no weight that begins with '${unknown}'.`,
    );
  }
  return names.filter((name) => parts.some((part) => name.startsWith(part)));
}
