import type { Batch } from '../training-system.js';

/**
 * Soft patterns for every tensor of a batch, another one for each; every tenth pixel of a mask is set. No two
 * places are alike: where many are, and a value is rounded to either side of 0, the gradient of an activation
 * jumps at all of them at once.
 */
export function patternBatch(shapes: Record<string, number[]>): Batch {
  const { cos, sin } = Math;
  const pattern = (index: number, position: number) =>
    0.5 + 0.4 * sin(index / 11 + position) * cos(index / 137 + (index % 97) / 40);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], position) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [
        name,
        Float32Array.from({ length }, (_, index) =>
          name === 'randomMask' ? Number(index % 10 === 0) : pattern(index, position),
        ),
      ];
    }),
  );
}
