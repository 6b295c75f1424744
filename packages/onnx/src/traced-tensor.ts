import type { DataType } from '@tensorflow/tfjs-core';
import type { ElementType, Graph, Value } from './graph/graph.js';
import { expand, reshape, transpose } from './graph/operators.js';

/**
 * How a tensor lies in memory: as TensorFlow.js sees it, or (rank 4 only) with its last axis moved behind the
 * first.
 */
export type Layout = 'plain' | 'channels-first';

/** The forms a traced tensor may be known in; at least one. */
export interface TracedForms {
  /** The whole tensor in its own shape. */
  plain?: Value;
  /** A `[B, H, W, C]` tensor stored as `[B, C, H, W]`. */
  channelsFirst?: Value;
  /** A smaller value in plain layout that broadcasts to the tensor's shape. */
  compact?: Value;
}

const channelsFirstOrder = [0, 3, 1, 2];
const channelsLastOrder = [0, 2, 3, 1];

/**
 * A tensor of a traced function: it has a shape and a place in the graph, but no numbers. Images stay in the
 * layout that the last operation left them in; the other layout is made when something asks for it, once.
 */
export class TracedTensor {
  readonly graph: Graph;
  readonly type: ElementType;
  #forms: TracedForms;

  constructor(
    readonly shape: readonly number[],
    forms: TracedForms,
  ) {
    const value = (forms.plain ?? forms.channelsFirst ?? forms.compact)!;
    this.graph = value.graph;
    this.type = value.type;
    this.#forms = forms;
  }

  get rank(): number {
    return this.shape.length;
  }

  get dtype(): DataType {
    return this.type === 'float32' || this.type === 'bool' ? this.type : 'int32';
  }

  /** The whole tensor as TensorFlow.js sees it. */
  plain(): Value {
    this.#forms.plain ??= this.#forms.channelsFirst
      ? transpose(this.#forms.channelsFirst, channelsLastOrder)
      : expand(this.#forms.compact!, this.shape);
    return this.#forms.plain;
  }

  /** The whole `[B, H, W, C]` tensor as `[B, C, H, W]`. */
  channelsFirst(): Value {
    this.#forms.channelsFirst ??=
      this.#forms.compact && !this.#forms.plain
        ? expand(this.operand('channels-first', 4), channelsFirstShape(this.shape))
        : transpose(this.plain(), channelsFirstOrder);
    return this.#forms.channelsFirst;
  }

  whole(layout: Layout): Value {
    return layout === 'plain' ? this.plain() : this.channelsFirst();
  }

  /** A value that broadcasts to this tensor among results of a rank: the smallest form known. */
  operand(layout: Layout, rank: number): Value {
    if (layout === 'plain') return this.#forms.compact ?? this.plain();
    if (!this.#forms.compact && this.rank === 4) return this.channelsFirst();
    const value = this.#forms.compact ?? this.plain();
    if (value.shape.length === 0) return value;
    return transpose(
      reshape(value, [...new Array<number>(rank - value.shape.length).fill(1), ...value.shape]),
      channelsFirstOrder,
    );
  }

  /** Whether the tensor already lies as `[B, C, H, W]`. */
  get isChannelsFirst(): boolean {
    return this.#forms.channelsFirst !== undefined;
  }

  /**
   * Whether the tensor's other layout costs nothing: a constant, or at most one axis to move past another.
   */
  get movesFreely(): boolean {
    const value = this.#forms.compact ?? this.#forms.plain;
    if (!value || value.data) return true;
    const [height, width, channels] = [
      ...new Array<number>(4 - value.shape.length).fill(1),
      ...value.shape,
    ].slice(1);
    return channels === 1 || height! * width! === 1;
  }

  /** Whether the tensor already lies in its own shape. */
  get isPlain(): boolean {
    return this.#forms.plain !== undefined;
  }

  get compact(): Value | undefined {
    return this.#forms.compact;
  }

  /** The one value of a constant whose elements are all equal. */
  get uniform(): number | undefined {
    const value = this.#forms.compact ?? this.#forms.plain;
    return value?.data?.length === 1 ? Number(value.data[0]) : undefined;
  }
}

/** `[B, H, W, C]` to `[B, C, H, W]`. */
export function channelsFirstShape([batch, height, width, channels]: readonly number[]): number[] {
  return [batch!, channels!, height!, width!];
}

/** The axis of the stored value that holds an axis of the tensor. */
export function storedAxis(axis: number, layout: Layout): number {
  return layout === 'plain' ? axis : channelsFirstOrder.indexOf(axis);
}

/** A tensor from a value that covers it in a layout. */
export function fromLayout(value: Value, layout: Layout): TracedTensor {
  return layout === 'plain' ? fromPlain(value) : fromChannelsFirst(value);
}

/** A tensor from a value in its own shape. */
export function fromPlain(value: Value): TracedTensor {
  return new TracedTensor(value.shape, { plain: value });
}

/** A tensor `[B, H, W, C]` from a value `[B, C, H, W]`. */
export function fromChannelsFirst(value: Value): TracedTensor {
  return new TracedTensor(
    channelsLastOrder.map((axis) => value.shape[axis]!),
    { channelsFirst: value },
  );
}

/** A tensor that a smaller value broadcasts to. */
export function fromCompact(value: Value, shape: readonly number[]): TracedTensor {
  return new TracedTensor(shape, { compact: value });
}

/**
 * The layout in which an operation on these tensors needs the fewest transposes; channels first where both
 * need none.
 */
export function chooseLayout(tensors: readonly TracedTensor[], rank: number): Layout {
  if (rank !== 4) return 'plain';
  const images = tensors.filter((tensor) => tensor.rank === 4);
  return images.some((tensor) => tensor.isChannelsFirst) || images.every((tensor) => tensor.movesFreely)
    ? 'channels-first'
    : 'plain';
}

/** The ONNX element type of a TensorFlow.js tensor. */
export function elementType(dtype: DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`Expected a tensor of type float32, int32 or bool but received ${dtype}.`);
}
