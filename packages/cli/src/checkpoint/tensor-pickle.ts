/**
 * A number array inside a checkpoint, of which tensors are views: only described in the pickle, its bytes lie
 * elsewhere.
 */
export interface StorageReference {
  kind: 'storage';
  /** PyTorch's name of the element type, such as `FloatStorage`. */
  type: string;
  /** What its bytes are filed under. */
  key: string;
  /** Number of elements. */
  length: number;
}

/** A tensor as the pickle describes it. */
export interface TensorRecord {
  kind: 'tensor';
  storage: StorageReference;
  /** Where the tensor starts in its storage, and how far the next element of each axis is, in elements. */
  offset: number;
  shape: number[];
  strides: number[];
}

/**
 * What a tensor pickle can hold. Mappings are Maps, so that no name of a checkpoint becomes a property of an
 * object.
 */
export type PickledValue =
  | TensorRecord
  | StorageReference
  | GlobalName
  | PickledMap
  | PickledValue[]
  | string
  | number
  | bigint
  | boolean
  | null;
export type PickledMap = Map<PickledValue, PickledValue>;

/** A class or function that the pickle names; it is never looked up, only compared with those known here. */
class GlobalName {
  constructor(readonly name: string) {}
}

const markSymbol = Symbol('mark');
type StackEntry = PickledValue | typeof markSymbol;

/**
 * Everything that `torch.save(model.state_dict())` calls. Each is rebuilt here as data; anything else is
 * refused.
 */
const callableGlobals = {
  orderedMap: 'collections.OrderedDict',
  tensor: 'torch._utils._rebuild_tensor_v2',
  oldTensor: 'torch._utils._rebuild_tensor',
  parameter: 'torch._utils._rebuild_parameter',
};
const storageTypes = [
  'FloatStorage',
  'DoubleStorage',
  'HalfStorage',
  'BFloat16Storage',
  'LongStorage',
  'IntStorage',
  'ShortStorage',
  'CharStorage',
  'ByteStorage',
  'BoolStorage',
];
const knownGlobals = new Set([
  ...Object.values(callableGlobals),
  ...storageTypes.map((type) => `torch.${type}`),
]);

/**
 * A checkpoint takes some fifty instructions for a tensor. Each, and each pair that goes into a mapping,
 * counts as one: a pickle can ask for far more than its own length.
 */
const maxOperations = 300_000;
/** Axes of a tensor. */
const maxAxes = 8;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads one pickle of a PyTorch checkpoint as data. A pickle is a program for a small stack machine that may
 * call any function it names; this machine has the instructions that build containers, numbers, text and
 * tensor records, and no others.
 *
 * @param bytes a pickle, and possibly more after it.
 * @returns its value, and where the next byte is.
 * @throws at the first instruction or name that a checkpoint of tensors does not need, if the pickle is
 * malformed or cut short, and once it has done more than a large checkpoint needs.
 */
export function readTensorPickle(bytes: Uint8Array, start = 0): { value: PickledValue; end: number } {
  const reader = new ByteReader(bytes, start);
  const machine = new TensorMachine();
  for (;;) {
    const opcode = reader.byte();
    if (opcode === opcodes.STOP) return { value: machine.result(), end: reader.position };
    const instruction = instructions.get(opcode);
    machine.spend(1);
    if (!instruction) {
      throw new Error(
        `it contains the pickle instruction 0x${opcode.toString(16).padStart(2, '0')}, which no checkpoint of tensors needs`,
      );
    }
    instruction(machine, reader);
  }
}

class TensorMachine {
  readonly stack: StackEntry[] = [];
  readonly memo = new Map<number, PickledValue>();
  #operationsLeft = maxOperations;

  spend(operations: number): void {
    this.#operationsLeft -= operations;
    if (this.#operationsLeft < 0) {
      throw new Error(
        `its pickle takes more than ${maxOperations} steps, more than any checkpoint of tensors`,
      );
    }
  }

  push(value: StackEntry): void {
    this.stack.push(value);
  }

  pop(): PickledValue {
    const value = this.stack.pop();
    if (value === undefined || value === markSymbol) throw malformed();
    return value;
  }

  top(): PickledValue {
    const value = this.stack.at(-1);
    if (value === undefined || value === markSymbol) throw malformed();
    return value;
  }

  popToMark(): PickledValue[] {
    const mark = this.stack.lastIndexOf(markSymbol);
    if (mark < 0) throw malformed();
    const values = this.stack.splice(mark);
    return values.slice(1) as PickledValue[];
  }

  memoize(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw malformed();
    this.push(value);
  }

  setItems(pairs: PickledValue[]): void {
    const map = this.top();
    if (!(map instanceof Map) || pairs.length % 2 !== 0) throw malformed();
    for (let index = 0; index < pairs.length; index += 2) map.set(pairs[index]!, pairs[index + 1]!);
  }

  append(values: PickledValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw malformed();
    for (const value of values) list.push(value);
  }

  pushGlobal(module: string, name: string): void {
    const global = `${module}.${name}`;
    if (!knownGlobals.has(global)) {
      throw new Error(`it wants to use '${global.slice(0, 80)}', which is not part of a tensor`);
    }
    this.push(new GlobalName(global));
  }

  /** Calls nothing: makes the record that the named function would have made. */
  reduce(): void {
    const args = this.pop();
    const callable = this.pop();
    if (!(callable instanceof GlobalName) || !Array.isArray(args)) throw malformed();
    switch (callable.name) {
      case callableGlobals.orderedMap:
        return this.pushMap(args.length === 0 ? [] : args[0]!);
      case callableGlobals.tensor:
      case callableGlobals.oldTensor:
        return this.push(tensorRecord(args));
      case callableGlobals.parameter:
        if (!isRecord(args[0], 'tensor')) throw malformed();
        return this.push(args[0]);
      default:
        throw malformed();
    }
  }

  pushMap(pairs: PickledValue): void {
    if (!Array.isArray(pairs)) throw malformed();
    this.spend(pairs.length);
    if (!arePairs(pairs)) throw malformed();
    this.push(new Map(pairs));
  }

  /** PyTorch attaches layer versions to the mapping of a `state_dict`; they are read and dropped. */
  dropState(): void {
    this.pop();
    if (!(this.top() instanceof Map)) throw new Error('it sets the state of something that is not a mapping');
  }

  pushStorage(): void {
    const id = this.pop();
    if (!Array.isArray(id)) throw malformed();
    const [tag, type, key, , length] = id;
    if (tag !== 'storage' || !(type instanceof GlobalName) || typeof key !== 'string' || !isCount(length)) {
      throw malformed();
    }
    this.push({ kind: 'storage', type: type.name.slice('torch.'.length), key, length });
  }

  result(): PickledValue {
    if (this.stack.length !== 1) throw malformed();
    return this.pop();
  }
}

function tensorRecord([storage, offset, shape, strides]: PickledValue[]): TensorRecord {
  const areCounts = (value: PickledValue | undefined): value is number[] =>
    Array.isArray(value) && value.length <= maxAxes && value.every(isCount);
  if (
    !isRecord(storage, 'storage') ||
    !isCount(offset) ||
    !areCounts(shape) ||
    !areCounts(strides) ||
    shape.length !== strides.length
  ) {
    throw malformed();
  }
  return { kind: 'tensor', storage, offset, shape, strides };
}

function arePairs(list: PickledValue[]): list is [PickledValue, PickledValue][] {
  return list.every((pair) => Array.isArray(pair) && pair.length === 2);
}

/** Whether a value is a tensor or a storage. */
export function isRecord<Kind extends 'tensor' | 'storage'>(
  value: PickledValue | undefined,
  kind: Kind,
): value is Extract<PickledValue, { kind: Kind }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

const isCount = (value: PickledValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const malformed = () => new Error('its pickle is malformed');

class ByteReader {
  readonly #view: DataView;

  readonly #bytes: Uint8Array;
  constructor(
    bytes: Uint8Array,
    public position: number,
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #advance(count: number): number {
    const start = this.position;
    if (!(count >= 0) || start + count > this.#bytes.length) throw new Error('it is cut short');
    this.position += count;
    return start;
  }

  byte = (): number => this.#view.getUint8(this.#advance(1));
  uint16 = (): number => this.#view.getUint16(this.#advance(2), true);
  int32 = (): number => this.#view.getInt32(this.#advance(4), true);
  uint32 = (): number => this.#view.getUint32(this.#advance(4), true);
  uint64 = (): number => Number(this.#view.getBigUint64(this.#advance(8), true));
  float64 = (): number => this.#view.getFloat64(this.#advance(8), false);

  text(length: number): string {
    const start = this.#advance(length);
    try {
      return decoder.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw malformed();
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    const text = this.text(end < 0 ? Infinity : end - this.position);
    this.position += 1;
    return text;
  }

  /** A two's complement number of any length, little-endian; a plain number where it fits. */
  integer(length: number): number | bigint {
    const start = this.#advance(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) {
      value = (value << 8n) | BigInt(this.#bytes[start + index]!);
    }
    const signed = length === 0 ? 0n : BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }
}

/** Instructions by the names of Python's `pickletools`. */
const opcodes = {
  PROTO: 0x80,
  FRAME: 0x95,
  STOP: 0x2e,
  MARK: 0x28,
  NONE: 0x4e,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  BININT: 0x4a,
  BININT1: 0x4b,
  BININT2: 0x4d,
  LONG1: 0x8a,
  BINFLOAT: 0x47,
  BINUNICODE: 0x58,
  SHORT_BINUNICODE: 0x8c,
  EMPTY_TUPLE: 0x29,
  TUPLE: 0x74,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  APPENDS: 0x65,
  EMPTY_DICT: 0x7d,
  SETITEM: 0x73,
  SETITEMS: 0x75,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  MEMOIZE: 0x94,
  BINGET: 0x68,
  LONG_BINGET: 0x6a,
  GLOBAL: 0x63,
  STACK_GLOBAL: 0x93,
  REDUCE: 0x52,
  BUILD: 0x62,
  BINPERSID: 0x51,
} as const;

const largestIntegerBytes = 16;

const instructions = new Map<number, (machine: TensorMachine, reader: ByteReader) => void>([
  [opcodes.PROTO, (_machine, reader) => void reader.byte()],
  [opcodes.FRAME, (_machine, reader) => void reader.uint64()],
  [opcodes.MARK, (machine) => machine.push(markSymbol)],
  [opcodes.NONE, (machine) => machine.push(null)],
  [opcodes.NEWTRUE, (machine) => machine.push(true)],
  [opcodes.NEWFALSE, (machine) => machine.push(false)],
  [opcodes.BININT, (machine, reader) => machine.push(reader.int32())],
  [opcodes.BININT1, (machine, reader) => machine.push(reader.byte())],
  [opcodes.BININT2, (machine, reader) => machine.push(reader.uint16())],
  [
    opcodes.LONG1,
    (machine, reader) => {
      const length = reader.byte();
      if (length > largestIntegerBytes) throw malformed();
      machine.push(reader.integer(length));
    },
  ],
  [opcodes.BINFLOAT, (machine, reader) => machine.push(reader.float64())],
  [opcodes.BINUNICODE, (machine, reader) => machine.push(reader.text(reader.uint32()))],
  [opcodes.SHORT_BINUNICODE, (machine, reader) => machine.push(reader.text(reader.byte()))],
  [opcodes.EMPTY_TUPLE, (machine) => machine.push([])],
  [opcodes.TUPLE, (machine) => machine.push(machine.popToMark())],
  [opcodes.TUPLE1, (machine) => machine.push([machine.pop()])],
  [opcodes.TUPLE2, (machine) => machine.push([machine.pop(), machine.pop()].reverse())],
  [opcodes.TUPLE3, (machine) => machine.push([machine.pop(), machine.pop(), machine.pop()].reverse())],
  [opcodes.EMPTY_LIST, (machine) => machine.push([])],
  [
    opcodes.APPEND,
    (machine) => {
      const value = machine.pop();
      machine.append([value]);
    },
  ],
  [
    opcodes.APPENDS,
    (machine) => {
      const values = machine.popToMark();
      machine.append(values);
    },
  ],
  [opcodes.EMPTY_DICT, (machine) => machine.push(new Map())],
  [
    opcodes.SETITEM,
    (machine) => {
      const value = machine.pop();
      const key = machine.pop();
      machine.setItems([key, value]);
    },
  ],
  [
    opcodes.SETITEMS,
    (machine) => {
      const pairs = machine.popToMark();
      machine.setItems(pairs);
    },
  ],
  [opcodes.BINPUT, (machine, reader) => machine.memoize(reader.byte())],
  [opcodes.LONG_BINPUT, (machine, reader) => machine.memoize(reader.uint32())],
  [opcodes.MEMOIZE, (machine) => machine.memoize(machine.memo.size)],
  [opcodes.BINGET, (machine, reader) => machine.recall(reader.byte())],
  [opcodes.LONG_BINGET, (machine, reader) => machine.recall(reader.uint32())],
  [
    opcodes.GLOBAL,
    (machine, reader) => {
      const module = reader.line();
      machine.pushGlobal(module, reader.line());
    },
  ],
  [
    opcodes.STACK_GLOBAL,
    (machine) => {
      const name = machine.pop();
      const module = machine.pop();
      if (typeof module !== 'string' || typeof name !== 'string') throw malformed();
      machine.pushGlobal(module, name);
    },
  ],
  [opcodes.REDUCE, (machine) => machine.reduce()],
  [opcodes.BUILD, (machine) => machine.dropState()],
  [opcodes.BINPERSID, (machine) => machine.pushStorage()],
]);
