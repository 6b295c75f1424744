/**
 * Every row from right to left.
 *
 * @param values `height * width * channels`
 * @param into of the same length; a new array where it is left out.
 */
export function mirrorRows(
  values: Float32Array,
  width: number,
  channels: number,
  into: Float32Array = new Float32Array(values.length),
): Float32Array {
  const rowLength = width * channels;
  for (let row = 0; row < values.length; row += rowLength) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [row + x * channels, row + (width - 1 - x) * channels];
      for (let channel = 0; channel < channels; channel++) into[to + channel] = values[from + channel]!;
    }
  }
  return into;
}

/**
 * The motion in a mirror image: rows from right to left, and what went right goes left. Arguments as of
 * `mirrorRows`, with (dx, dy) as channels.
 */
export function mirrorMotion(motion: Float32Array, width: number, into?: Float32Array): Float32Array {
  const mirrored = mirrorRows(motion, width, 2, into);
  for (let dx = 0; dx < mirrored.length; dx += 2) mirrored[dx] = -mirrored[dx]!;
  return mirrored;
}
