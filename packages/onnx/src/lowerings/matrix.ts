import * as onnx from '../graph/operators.js';
import type { Value } from '../graph/graph.js';
import { fromPlain } from '../traced-tensor.js';
import type { TracedTensor } from '../traced-tensor.js';
import { applyElementwise } from './elementwise.js';
import { applyActivation } from './activation.js';
import type { FusedActivation } from './activation.js';
import { lowering } from './lowering.js';
import type { Lowering } from './lowering.js';

interface MatMulAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

function multiplyMatrices(
  a: TracedTensor,
  b: TracedTensor,
  { transposeA, transposeB }: MatMulAttributes,
): Value {
  const oriented = (matrix: TracedTensor, isTransposed: boolean) =>
    isTransposed ? onnx.transposeMatrix(matrix.plain()) : matrix.plain();
  return onnx.matMul(oriented(a, transposeA), oriented(b, transposeB));
}

export const matrixLowerings: Record<string, Lowering> = {
  BatchMatMul: lowering<'a' | 'b', MatMulAttributes>(({ inputs: { a, b }, attrs }) =>
    fromPlain(multiplyMatrices(a, b, attrs)),
  ),
  _FusedMatMul: lowering<'a' | 'b' | 'bias' | 'preluActivationWeights', MatMulAttributes & FusedActivation>(
    ({ inputs: { a, b, bias, preluActivationWeights }, attrs }) => {
      const product = fromPlain(multiplyMatrices(a, b, attrs));
      return applyActivation(
        (bias as TracedTensor | undefined) ? applyElementwise([product, bias], onnx.add) : product,
        attrs,
        preluActivationWeights,
      );
    },
  ),
  Einsum: lowering<string, { equation: string }>(({ inputs, attrs: { equation } }) => {
    const operands = Object.values(inputs).map((input) => input.plain());
    const [sources, result] = equation.replaceAll(' ', '').split('->') as [string, string];
    const sizes = new Map<string, number>();
    sources
      .split(',')
      .forEach((letters, index) =>
        [...letters].forEach((letter, axis) => sizes.set(letter, operands[index]!.shape[axis]!)),
      );
    const shape = [...result].map((letter) => sizes.get(letter)!);
    return fromPlain(
      operands[0]!.graph.emit('Einsum', operands, { equation }, { shape, type: operands[0]!.type }),
    );
  }),
};
