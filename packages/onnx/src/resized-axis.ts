// An axis of `from` pixels resized to one of `to`.

/** How positions before and after resizing belong together, as the kernels of TensorFlow.js have it. */
export interface ResizeAttributes {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

/** The position in a line of `from` pixels that each of `to` pixels looks at. */
function sourcePositions(
  from: number,
  to: number,
  { alignCorners, halfPixelCenters }: ResizeAttributes,
): number[] {
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  return Array.from({ length: to }, (_, index) =>
    halfPixelCenters ? (index + 0.5) * scale - 0.5 : index * scale,
  );
}

/**
 * The two source pixels that each resized pixel lies between, and its way from the low to the high one, 0 to
 * 1.
 */
export function bilinearNeighbours(
  from: number,
  to: number,
  attrs: ResizeAttributes,
): { low: number; high: number; highShare: number }[] {
  return sourcePositions(from, to, attrs).map((position) => {
    const inside = Math.min(Math.max(position, 0), from - 1);
    const low = Math.floor(inside);
    return { low, high: Math.min(low + 1, from - 1), highShare: inside - low };
  });
}

/** Row-major `[to, from]`: how much of each source pixel a resized pixel holds. */
export function bilinearMatrix(from: number, to: number, attrs: ResizeAttributes): Float32Array {
  const matrix = new Float32Array(to * from);
  bilinearNeighbours(from, to, attrs).forEach(({ low, high, highShare }, row) => {
    matrix[row * from + low]! += 1 - highShare;
    matrix[row * from + high]! += highShare;
  });
  return matrix;
}

/** The source pixel that each resized pixel copies. */
export function nearestPixels(from: number, to: number, attrs: ResizeAttributes): number[] {
  const shift = attrs.halfPixelCenters ? 0.5 : 0;
  return sourcePositions(from, to, attrs).map((position) =>
    Math.max(0, Math.min(from - 1, attrs.alignCorners ? Math.round(position) : Math.floor(position + shift))),
  );
}

/** Row-major `[to, from]`: 1 where a resized pixel copies a source pixel, else 0. */
export function nearestMatrix(from: number, to: number, attrs: ResizeAttributes): Float32Array {
  const matrix = new Float32Array(to * from);
  nearestPixels(from, to, attrs).forEach((source, row) => (matrix[row * from + source] = 1));
  return matrix;
}
