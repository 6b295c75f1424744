/** Puts arrays of one length one after the other. */
export function concatenate(arrays: Float32Array[]): Float32Array {
  const length = arrays[0]!.length;
  const whole = new Float32Array(arrays.length * length);
  for (const [index, values] of arrays.entries()) whole.set(values, index * length);
  return whole;
}

/** Views of `count` arrays of one length that lie one after the other. */
export function splitEvenly<T extends Uint8Array | Float32Array>(whole: T, count: number): T[] {
  const length = whole.length / count;
  return Array.from(
    { length: count },
    (_, index) => whole.subarray(index * length, (index + 1) * length) as T,
  );
}
