import { engine, getKernel } from '@tensorflow/tfjs-core';
import type {
  BackendValues,
  DataType,
  KernelBackend,
  NamedAttrMap,
  NamedTensorInfoMap,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import { countElements } from './graph/graph.js';

/** A tensor of a traced function that depends on constants alone, so its numbers can be had. */
export interface ComputableConstant {
  values: () => BackendValues;
  shape: readonly number[];
  dtype: DataType;
}

type WritableBackend = KernelBackend & {
  write(values: BackendValues, shape: number[], dtype: DataType): object;
};

/** Enough for shapes, indices and tables of coordinates. */
const mostElements = 4096;

/** Whether a tensor is small enough to be computed while a function is traced. */
export function isComputable({ shape }: { shape: readonly number[] }): boolean {
  return countElements(shape) <= mostElements;
}

/**
 * What a kernel makes of constants, computed by the `cpu` backend when the traced function reads it and not
 * before: graphs that were converted from TensorFlow compute with their own shapes.
 *
 * @returns undefined where the application has no `cpu` backend with this kernel, or where a result is large.
 */
export function computeLater(
  kernelName: string,
  inputs: readonly [string, ComputableConstant][],
  attrs: object,
  outputs: readonly TensorInfo[],
): ComputableConstant[] | undefined {
  const kernel = getKernel(kernelName, 'cpu');
  if (!kernel || !outputs.every(isComputable)) return undefined;
  let computed: BackendValues[] | undefined;
  const compute = (): BackendValues[] => {
    const backend = engine().findBackend('cpu') as WritableBackend;
    const infos = inputs.map(([name, { values, shape, dtype }]): [string, TensorInfo] => [
      name,
      { dataId: backend.write(values(), [...shape], dtype), shape: [...shape], dtype },
    ]);
    const result = kernel.kernelFunc({
      inputs: asKernelInputs(infos),
      attrs: attrs as NamedAttrMap,
      backend,
    });
    const results = Array.isArray(result) ? result : [result];
    const values = results.map(({ dataId }) => backend.readSync(dataId).slice() as BackendValues);
    for (const { dataId } of [...infos.map(([, info]) => info), ...results]) {
      backend.disposeData(dataId, true);
    }
    return values;
  };
  return outputs.map(({ shape, dtype }, index) => ({
    values: () => (computed ??= compute())[index]!,
    shape,
    dtype,
  }));
}

/** Kernels of any number of tensors (Concat, Pack, AddN, Einsum) take a list, whose names are its indices. */
function asKernelInputs(infos: readonly [string, TensorInfo][]): NamedTensorInfoMap {
  const isList = infos.every(([name], index) => name === String(index));
  return isList
    ? (infos.map(([, info]) => info) as unknown as NamedTensorInfoMap)
    : Object.fromEntries(infos);
}
