import { matMul, registerKernel, reshape, transpose, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Gives the `wasm` backend, which has no Einsum, one for two tensors that share letters only to sum over
 * them: a product of matrices.
 */
export function registerWasmContraction(): void {
  registerKernel({
    kernelName: 'Einsum',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) =>
      contract((attrs as unknown as { equation: string }).equation, inputs as unknown as [Tensor, Tensor]),
  });
}

/**
 * @param equation as of Einstein's summation: `abcg,gf->abcf`
 * @throws when a letter repeats within one tensor, or is shared and kept.
 */
export function contract(equation: string, { 0: first, 1: second }: [Tensor, Tensor]): Tensor {
  const [from, to] = equation.split('->') as [string, string];
  const [left, right] = from.split(',').map((letters) => [...letters]) as [string[], string[]];
  const summed = left.filter((letter) => right.includes(letter));
  const isPlain =
    [left, right].every((letters) => new Set(letters).size === letters.length) &&
    summed.every((letter) => !to.includes(letter));
  if (!isPlain) {
    throw new Error(
      `Expected letters that are either kept or shared by both tensors, but received '${equation}'.`,
    );
  }

  const [rows, columns] = [left, right].map((letters) =>
    letters.filter((letter) => !summed.includes(letter)),
  ) as [string[], string[]];
  const sizes = new Map([
    ...left.map((letter, axis) => [letter, first.shape[axis]!] as const),
    ...right.map((letter, axis) => [letter, second.shape[axis]!] as const),
  ]);
  const count = (letters: string[]) => letters.reduce((product, letter) => product * sizes.get(letter)!, 1);
  const a = reshape(arrange(first, left, [...rows, ...summed]), [count(rows), count(summed)]);
  const b = reshape(arrange(second, right, [...summed, ...columns]), [count(summed), count(columns)]);
  const product = reshape(
    matMul(a, b),
    [...rows, ...columns].map((letter) => sizes.get(letter)!),
  );
  return arrange(product, [...rows, ...columns], [...to]);
}

function arrange(tensor: Tensor, from: string[], to: string[]): Tensor {
  return from.join() === to.join()
    ? tensor
    : transpose(
        tensor,
        to.map((letter) => from.indexOf(letter)),
      );
}
