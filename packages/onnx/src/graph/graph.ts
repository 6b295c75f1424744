/**
 * Element types that a traced graph uses; `int64` only where ONNX asks for it (shapes, indices), `int8` and
 * `uint8` only in what is computed in integers.
 */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool' | 'int8' | 'uint8';

/** Values of a constant; `bool` is one byte each. */
export type ElementData = Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array;

/** An attribute of a node: integers as numbers, floats through `float`. */
export type Attribute = number | readonly number[] | string | FloatAttribute;

export interface FloatAttribute {
  readonly float: number;
}

/** Marks a number as an ONNX float attribute. */
export const float = (value: number): FloatAttribute => ({ float: value });

/** One ONNX operation. */
export interface GraphNode {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: Value[];
}

/** An edge of the graph: an input, a constant (`data`) or the output of a node (`producer`). */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly data?: ElementData;
  /** Of a constant that is made from another: see `Graph.constantFrom`. */
  readonly madeFrom?: Value;
  readonly producer?: GraphNode;
}

/** Whether a value is a constant, for whoever does not want its numbers: some are computed when they are read. */
export const isConstant = (value: Value): boolean => 'data' in value;

export interface OutputDescription {
  shape: readonly number[];
  type: ElementType;
}

/**
 * An ONNX graph under construction. Every operation is pure, so an operation or a constant asked for twice is
 * returned, not made again.
 */
export class Graph {
  readonly inputs: Value[] = [];
  #nodesByKey = new Map<string, GraphNode>();
  #constantsByKey = new Map<string, Value[]>();
  #madeConstants = new Map<string, Value>();
  #count = 0;

  /** @param placesAtOnce see `TraceOptions`. */
  constructor(readonly placesAtOnce = Infinity) {}

  /** Declares a graph input. */
  input(name: string, shape: readonly number[], type: ElementType): Value {
    const value: Value = { graph: this, name, shape, type };
    this.inputs.push(value);
    return value;
  }

  /** A constant tensor; it becomes an initializer if something reads it. */
  constant(data: ElementData, shape: readonly number[], type: ElementType): Value {
    const words = wordsOf(data);
    const key = `${type}[${shape.join()}]${hashSomeWords(words)}`;
    const candidates = this.#constantsByKey.get(key) ?? [];
    const known = candidates.find((candidate) => sameWords(wordsOf(candidate.data!), words));
    if (known) return known;
    const value: Value = { graph: this, name: this.#nextName('constant'), shape, type, data };
    this.#constantsByKey.set(key, [...candidates, value]);
    return value;
  }

  /**
   * A constant of another's type, its numbers made from those of the other: once, when they are first read, so
   * never where something else takes its place.
   *
   * @param how tells it from others that are made from the same one.
   */
  constantFrom(
    source: Value,
    how: string,
    shape: readonly number[],
    make: (data: ElementData) => ElementData,
  ): Value {
    const key = `${how}(${source.name})`;
    let value = this.#madeConstants.get(key);
    if (!value) {
      let data: ElementData | undefined;
      value = {
        graph: this,
        name: this.#nextName('constant'),
        shape,
        type: source.type,
        get data() {
          return (data ??= make(source.data!));
        },
        madeFrom: source,
      };
      this.#madeConstants.set(key, value);
    }
    return value;
  }

  /** A list of int64, as ONNX takes shapes, axes and pads. */
  integers(values: readonly number[]): Value {
    return this.constant(
      BigInt64Array.from(values, (value) => BigInt(value)),
      [values.length],
      'int64',
    );
  }

  /** A scalar constant. */
  scalar(value: number, type: ElementType = 'float32'): Value {
    return this.constant(fillElements(type, 1, value), [], type);
  }

  /** Adds a node, or finds the same one, and returns its outputs. */
  emitAll(
    operator: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: readonly OutputDescription[],
    domain = '',
  ): readonly Value[] {
    const key = `${domain}.${operator}(${inputs.map((input) => input?.name ?? '').join()})${JSON.stringify(attributes)}x${outputs.length}`;
    let node = this.#nodesByKey.get(key);
    if (!node) {
      node = { operator, domain, inputs, attributes, outputs: [] };
      for (const { shape, type } of outputs) {
        node.outputs.push({ graph: this, name: this.#nextName(operator), shape, type, producer: node });
      }
      this.#nodesByKey.set(key, node);
    }
    return node.outputs;
  }

  /** `emitAll` for a node with one output. */
  emit(
    operator: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>>,
    output: OutputDescription,
    domain = '',
  ): Value {
    return this.emitAll(operator, inputs, attributes, [output], domain)[0]!;
  }

  #nextName(stem: string): string {
    return `${stem}:${this.#count++}`;
  }
}

/** A new array of `length` elements of a type, all equal to `value`. */
export function fillElements(type: ElementType, length: number, value: number): ElementData {
  if (type === 'int64') return new BigInt64Array(length).fill(BigInt(value));
  if (type === 'float32') return new Float32Array(length).fill(value);
  if (type === 'int32') return new Int32Array(length).fill(value);
  return (type === 'int8' ? new Int8Array(length) : new Uint8Array(length)).fill(value);
}

/** The number of elements of a shape. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

type Words = Uint8Array | Uint32Array;

/** The bits of constants, in the largest unsigned words that fit their elements. */
const wordsOf = (data: ElementData): Words =>
  data.BYTES_PER_ELEMENT === 1
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);

/** So few that a network's weights are told apart in no time; what is not told apart is compared whole. */
const mostHashedWords = 1024;

/** FNV-1a, word by word, of words spread evenly over all. */
function hashSomeWords(words: Words): number {
  const step = Math.ceil(words.length / mostHashedWords);
  let hash = 0x811c9dc5;
  for (let index = 0; index < words.length; index += step) hash = Math.imul(hash ^ words[index]!, 0x01000193);
  return hash >>> 0;
}

function sameWords(a: Words, b: Words): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
