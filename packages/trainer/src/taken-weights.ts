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
