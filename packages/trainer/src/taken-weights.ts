import type { WeightValues } from '@unblur/core-model';

/**
 * Some of the weights of a file, for a network.
 * @param names of those that are taken. @param wanted weights of the network, for their shapes. @param file names it in messages.
 * @throws where one is missing or has another shape.
 */
export function takeWeights(names: readonly string[], wanted: WeightValues, given: WeightValues, file: string): WeightValues {
  return Object.fromEntries(
    names.map((name) => {
      const [shape, received] = [wanted[name]!.shape, given[name]?.shape];
      if (received?.join() !== shape.join()) throw new Error(`Expected '${name}' [${shape}] in '${file}' but it is ${received ? `[${received}]` : 'missing'} there.`);
      return [name, given[name]!];
    }),
  );
}

/** The names that begin with one of the parts. @param key of the run file, for messages. @throws where none begins with a part. */
export function namesOfParts(names: readonly string[], parts: readonly string[], key: string): string[] {
  const unknown = parts.find((part) => !names.some((name) => name.startsWith(part)));
  if (unknown !== undefined) throw new Error(`Expected '${key}' to name parts of the network but it has no weight that begins with '${unknown}'.`);
  return names.filter((name) => parts.some((part) => name.startsWith(part)));
}
