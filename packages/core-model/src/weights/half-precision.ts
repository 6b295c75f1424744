const scratch = new DataView(new ArrayBuffer(4));

/** A number as IEEE 754 binary16, rounded to nearest, ties to even. */
export function halfFromNumber(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x33000001) return sign;
  if (magnitude < 0x38800000) {
    const subnormal = Math.abs(value) * 2 ** 24;
    const down = Math.floor(subnormal);
    const rest = subnormal - down;
    return sign | (rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** The number that an IEEE 754 binary16 stands for. */
export function numberFromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let numbersByHalf: Float32Array | undefined;

/** The numbers that many binary16 stand for, looked up: there are only 65,536, and millions of weights. */
export function numbersFromHalves(halves: Uint16Array): Float32Array {
  const numbers = (numbersByHalf ??= Float32Array.from({ length: 2 ** 16 }, (_, half) =>
    numberFromHalf(half),
  ));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) values[i] = numbers[halves[i]!]!;
  return values;
}
