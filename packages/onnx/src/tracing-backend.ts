import { KernelBackend, engine, getKernel, registerKernel, util } from '@tensorflow/tfjs-core';
import type { BackendValues, DataId, DataType, KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { computeLater, isComputable } from './computable-constants.js';
import type { ComputableConstant } from './computable-constants.js';
import { countElements, fillElements } from './graph/graph.js';
import type { ElementData, ElementType, Graph, Value } from './graph/graph.js';
import { findCaller } from './caller.js';
import type { Lowering } from './lowerings/lowering.js';
import type { TracedTensor } from './traced-tensor.js';
import { elementType, fromCompact, fromPlain } from './traced-tensor.js';

/** The name under which the tracing backend is active while `trace` runs. */
export const tracingBackend = 'onnx-trace';

/**
 * A TensorFlow.js backend whose kernels compute nothing: each adds the ONNX nodes that would compute its
 * result to a graph, and returns a tensor that has only a shape.
 */
export class TracingBackend extends KernelBackend {
  readonly #traced = new Map<DataId, TracedTensor>();
  /** How many tensors share a data id: a variable shares that of its initial value. */
  readonly #references = new Map<DataId, number>();
  /** In every shape in which it is used: a tensor and its reshaped copies are one datum. */
  readonly #captured = new Map<DataId, TracedTensor[]>();
  readonly #computable = new Map<DataId, ComputableConstant>();

  constructor(readonly graph: Graph) {
    super();
  }

  /** Makes a tensor that stands for a value of the graph. */
  register(traced: TracedTensor): TensorInfo {
    const dataId = {};
    this.#hold(dataId, traced);
    return { dataId, shape: [...traced.shape], dtype: traced.dtype };
  }

  /**
   * What a tensor stands for. A tensor of another backend is a constant; its numbers are read, it stays where
   * it is.
   */
  lookUp({ dataId, shape, dtype }: TensorInfo): TracedTensor {
    const traced = this.#traced.get(dataId);
    if (traced) return sameShapeAs(traced, shape);
    const known = this.#captured.get(dataId) ?? [];
    const same = known.find((constant) => util.arraysEqual([...constant.shape], shape));
    if (same) return same;
    const captured = constantTensor(this.graph, engine().readSync(dataId), shape, dtype);
    this.#captured.set(dataId, [...known, captured]);
    return captured;
  }

  /** Remembers how a kernel's outputs can be computed, if all that it takes can be. */
  rememberConstants(
    kernelName: string,
    inputs: readonly [string, TensorInfo][],
    attrs: object,
    outputs: readonly TensorInfo[],
  ): void {
    const constants: [string, ComputableConstant][] = [];
    for (const [name, info] of inputs) {
      const constant = isComputable(info) ? this.#constantOf(info) : undefined;
      if (!constant) return;
      constants.push([name, constant]);
    }
    const computable = constants.length > 0 ? computeLater(kernelName, constants, attrs, outputs) : undefined;
    computable?.forEach((constant, index) => this.#computable.set(outputs[index]!.dataId, constant));
  }

  #constantOf({ dataId, shape, dtype }: TensorInfo): ComputableConstant | undefined {
    const known = this.#computable.get(dataId);
    if (known) return { ...known, shape };
    const data = knownValues(this.lookUp({ dataId, shape, dtype }));
    return data && { values: () => data, shape, dtype };
  }

  /** Whether a tensor was made by the traced function, not captured. */
  owns({ dataId }: TensorInfo): boolean {
    return this.#traced.has(dataId);
  }

  override write(values: BackendValues | null, shape: number[], dtype: DataType): DataId {
    const data = values ?? new Float32Array(countElements(shape));
    return this.register(constantTensor(this.graph, data, shape, dtype)).dataId;
  }

  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType): void {
    this.#hold(dataId, constantTensor(this.graph, values, shape, dtype));
  }

  #hold(dataId: DataId, traced: TracedTensor): void {
    this.#traced.set(dataId, traced);
    this.#references.set(dataId, 1);
  }

  override readSync(dataId: DataId): BackendValues {
    const traced = this.#traced.get(dataId);
    const data = this.#computable.get(dataId)?.values() ?? (traced && knownValues(traced));
    if (!data) {
      throw new Error(
        'Expected a function that only computes with tensors but it reads the values of one (dataSync, arraySync, print or control flow on values). While a function is traced, its tensors have shapes but no values.',
      );
    }
    return data;
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    this.decRef(dataId);
    if (!force && this.refCount(dataId) > 0) return false;
    this.#references.delete(dataId);
    this.#traced.delete(dataId);
    this.#computable.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.#traced.size;
  }

  override refCount(dataId: DataId): number {
    return this.#references.get(dataId) ?? 0;
  }

  override incRef(dataId: DataId): void {
    this.#references.set(dataId, this.refCount(dataId) + 1);
  }

  decRef(dataId: DataId): void {
    this.#references.set(dataId, this.refCount(dataId) - 1);
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override dispose(): void {
    this.#traced.clear();
    this.#references.clear();
    this.#captured.clear();
    this.#computable.clear();
  }
}

/**
 * Makes TensorFlow.js call a lowering, found at each call, when a traced function runs a kernel of this name.
 */
export function registerTracingKernel(kernelName: string, findLowering: () => Lowering): void {
  if (getKernel(kernelName, tracingBackend)) return;
  registerKernel({
    kernelName,
    backendName: tracingBackend,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const tracing = backend as TracingBackend;
      const traced = Object.entries(inputs).filter(([, info]) => info) as [string, TensorInfo][];
      try {
        const lowered = findLowering()({
          inputs: Object.fromEntries(traced.map(([name, info]) => [name, tracing.lookUp(info)])),
          attrs: (attrs ?? {}) as Record<string, unknown>,
          graph: tracing.graph,
        });
        const outputs = (Array.isArray(lowered) ? lowered : [lowered]).map((output) =>
          tracing.register(output),
        );
        tracing.rememberConstants(kernelName, traced, attrs ?? {}, outputs);
        return Array.isArray(lowered) ? outputs : outputs[0]!;
      } catch (error) {
        throw new Error(
          `${(error as Error).message} (in the lowering of kernel '${kernelName}', called at ${findCaller(new Error().stack)})`,
          { cause: error },
        );
      }
    },
  } satisfies KernelConfig);
}

function sameShapeAs(traced: TracedTensor, shape: readonly number[]): TracedTensor {
  if (util.arraysEqual([...traced.shape], [...shape])) return traced;
  throw new Error(`Expected a traced tensor of shape [${traced.shape}] but received [${shape}].`);
}

/** The numbers of a constant; undefined for other tensors. */
function knownValues(traced: TracedTensor): BackendValues | undefined {
  const data = traced.isPlain ? traced.plain().data : undefined;
  if (data || traced.uniform === undefined) return data as BackendValues | undefined;
  return fillElements(traced.type, countElements(traced.shape), traced.uniform) as BackendValues;
}

/** A constant from numbers; one whose elements are all equal is kept as one number that broadcasts. */
function constantTensor(
  graph: Graph,
  values: BackendValues,
  shape: readonly number[],
  dtype: DataType,
): TracedTensor {
  const type = elementType(dtype);
  const data = toElements(values, type);
  if (shape.length > 0 && data.length > 0 && isUniform(data)) {
    return fromCompact(graph.constant(data.slice(0, 1), [], type), shape);
  }
  const value: Value = graph.constant(data, shape, type);
  return fromPlain(value);
}

function toElements(values: BackendValues, type: ElementType): ElementData {
  const numbers = values as ArrayLike<number>;
  if (
    ArrayBuffer.isView(values) &&
    values.constructor.name ===
      { float32: 'Float32Array', int32: 'Int32Array', bool: 'Uint8Array' }[type as string]
  ) {
    return values as ElementData;
  }
  if (type === 'float32') return Float32Array.from(numbers);
  return type === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

function isUniform(data: ElementData): boolean {
  const [first] = data;
  return Object.is(first, -0) ? false : data.every((element) => element === first);
}
