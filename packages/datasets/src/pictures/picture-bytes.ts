/** A picture as files hold it: `height * width * 3` interleaved R, G, B bytes. */
export interface RgbBytes {
  width: number;
  height: number;
  rgb: Uint8Array;
}

/** Display values as bytes, rounded and clipped; pictures of one size, one after the other. */
export function displayBytes(pictures: readonly Float32Array[]): Uint8Array {
  const bytes = new Uint8ClampedArray(pictures.length * pictures[0]!.length);
  // Storing in a clamped array rounds and clips.
  for (const [index, values] of pictures.entries()) {
    for (let i = 0; i < values.length; i++) bytes[index * values.length + i] = values[i]! * 255;
  }
  return new Uint8Array(bytes.buffer);
}

/** Bytes as display values in [0, 1]; pictures of one size, one after the other. */
export function displayValues(pictures: readonly Uint8Array[]): Float32Array {
  const values = new Float32Array(pictures.length * pictures[0]!.length);
  for (const [index, bytes] of pictures.entries()) {
    for (let i = 0; i < bytes.length; i++) values[index * bytes.length + i] = bytes[i]! / 255;
  }
  return values;
}
