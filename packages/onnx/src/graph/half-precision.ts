/**
 * Numbers as IEEE 754 binary16, where every one of them is such a number.
 *
 * @returns undefined where a number would have to be rounded, is infinite or none.
 */
export function exactHalves(values: Float32Array): Uint16Array | undefined {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) {
    const half = exactHalf(bits[index]!);
    if (half === undefined) return undefined;
    halves[index] = half;
  }
  return halves;
}

function exactHalf(bits: number): number | undefined {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = bits & 0x7fffff;
  if (exponent === -127) return fraction === 0 ? sign : undefined;
  if (exponent > 15 || exponent < -24) return undefined;
  if (exponent >= -14) {
    return (fraction & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (fraction >>> 13) : undefined;
  }
  // Below the smallest normal binary16: a whole number of 2^-24.
  const [significand, shift] = [fraction | 0x800000, -exponent - 1];
  return (significand & ((1 << shift) - 1)) === 0 ? sign | (significand >>> shift) : undefined;
}
