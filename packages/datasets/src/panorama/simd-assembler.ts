/**
 * Just enough of an assembler to write a WebAssembly function as expressions: `f32x4.add(x, y)` is the code
 * that leaves the sum on the stack. Instructions have their names and numbers of the WebAssembly
 * specification (core, and fixed-width SIMD).
 */
export type Code = readonly number[];

export type ValueType = 'i32' | 'f32' | 'v128';

const typeBytes: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

function unsigned(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

const floatBytes = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

const plain =
  (opcode: number) =>
  (...operands: Code[]): Code => [...operands.flat(), opcode];

const simd =
  (opcode: number) =>
  (...operands: Code[]): Code => [...operands.flat(), 0xfd, ...unsigned(opcode)];

const simdLane =
  (opcode: number) =>
  (vector: Code, lane: number): Code => [...vector, 0xfd, ...unsigned(opcode), lane];

/** Loads and stores promise no alignment and take a constant offset. */
const memory =
  (prefix: number[], opcode: number) =>
  (offset: number, ...operands: Code[]): Code => [
    ...operands.flat(),
    ...prefix,
    ...unsigned(opcode),
    0,
    ...unsigned(offset),
  ];

export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  load: memory([], 0x28),
  store: memory([], 0x36),
  add: plain(0x6a),
  multiply: plain(0x6c),
  shiftLeft: plain(0x74),
  shiftRight: plain(0x75),
  isLess: plain(0x48),
};

export const v128 = {
  load64: memory([0xfd], 0x5d),
  xor: simd(0x51),
  and: simd(0x4e),
  /** Bits of the first where the mask is set, of the second elsewhere. */
  select: simd(0x52),
  /** The 16 bytes with these indexes; from 16 on they count the second vector's. */
  shuffle: (a: Code, b: Code, bytes: readonly number[]): Code => [...a, ...b, 0xfd, 0x0d, ...bytes],
};

export const i32x4 = {
  constant: (...values: [number, number, number, number]): Code => [
    0xfd,
    0x0c,
    ...new Uint8Array(Int32Array.of(...values).buffer),
  ],
  splat: simd(0x11),
  extract: simdLane(0x1b),
  shiftLeft: simd(0xab),
  shiftRight: simd(0xac),
  add: simd(0xae),
  subtract: simd(0xb1),
  multiply: simd(0xb5),
  /** Of 16-bit integers: four sums of two products each. */
  dot16: simd(0xba),
  fromF32: simd(0xf8),
  isLess: simd(0x39),
};

export const f32x4 = {
  constant: (...values: [number, number, number, number]): Code => [
    0xfd,
    0x0c,
    ...values.flatMap(floatBytes),
  ],
  splat: simd(0x13),
  isLess: simd(0x43),
  abs: simd(0xe0),
  squareRoot: simd(0xe3),
  add: simd(0xe4),
  subtract: simd(0xe5),
  multiply: simd(0xe6),
  divide: simd(0xe7),
  min: simd(0xe8),
  max: simd(0xe9),
};

/**
 * Writes one function, statement by statement, and wraps it into a module that imports its memory as
 * `environment.memory` and exports the function as `run`.
 */
export class FunctionAssembler {
  readonly parameters: Code[];
  readonly #locals: ValueType[] = [];
  #body: number[] = [];

  readonly #parameterTypes: readonly ValueType[];
  constructor(parameterTypes: readonly ValueType[]) {
    this.#parameterTypes = parameterTypes;
    this.parameters = parameterTypes.map((_, index) => [0x20, ...unsigned(index)]);
  }

  /** Computes a value now and names it. */
  let(type: ValueType, value: Code): Code {
    const variable = this.variable(type);
    variable.set(value);
    return variable.get;
  }

  variable(type: ValueType): { get: Code; set: (value: Code) => void } {
    const index = unsigned(this.#parameterTypes.length + this.#locals.push(type) - 1);
    return { get: [0x20, ...index], set: (value) => this.run([...value, 0x21, ...index]) };
  }

  /** A statement. */
  run(code: Code): void {
    this.#body = this.#body.concat(code);
  }

  /** Runs the body at least once, and again while the condition that it returns holds. */
  repeat(body: () => Code): void {
    this.run([0x03, 0x40]);
    const condition = body();
    this.run([...condition, 0x0d, 0, 0x0b]);
  }

  toModule(): Uint8Array<ArrayBuffer> {
    const vector = (items: ReadonlyArray<readonly number[]>): number[] => [
      ...unsigned(items.length),
      ...items.flat(),
    ];
    const name = (text: string): number[] => vector([...text].map((character) => [character.charCodeAt(0)]));
    const section = (id: number, content: readonly number[]): number[] => [
      id,
      ...unsigned(content.length),
      ...content,
    ];
    const type = [0x60, ...vector(this.#parameterTypes.map((parameter) => [typeBytes[parameter]])), 0];
    const code = [...vector(this.#locals.map((local) => [1, typeBytes[local]])), ...this.#body, 0x0b];
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vector([type])),
      ...section(2, vector([[...name('environment'), ...name('memory'), 0x02, 0x00, 0x00]])),
      ...section(3, vector([[0]])),
      ...section(7, vector([[...name('run'), 0x00, 0]])),
      ...section(10, vector([[...unsigned(code.length), ...code]])),
    ]);
  }
}
