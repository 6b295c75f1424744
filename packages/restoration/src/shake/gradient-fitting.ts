import type { FourierTransform, Spectrum } from './fourier.js';

/**
 * What a plane's differences to its right and lower neighbours may be, changed in place: `across[i]` and
 * `down[i]` belong to the same pixel. @param closeness how near they should stay to what they are.
 */
export type ShapeGradients = (across: Float64Array, down: Float64Array, closeness: number) => void;

/**
 * Looks for the plane x that, blurred, gives what was seen, and whose gradients are such as a prior wants:
 * `|k * x - b|^2 + weight * prior(gradients of x)`, by half-quadratic splitting. Gradients are shaped, and x
 * is fitted to both, in turns, closer each time.
 *
 * @param seen `conjugate(K) B`, the transform of what was seen, blurred backwards.
 * @param kernelPower `|K|^2`.
 * @param gradientPower that of `differencePower`.
 * @param start what the gradients are taken of at first.
 */
export function fitGradients(
  fourier: FourierTransform,
  {
    seen,
    kernelPower,
    gradientPower,
    start,
    closeness,
    shape,
  }: {
    seen: Spectrum;
    kernelPower: Float64Array;
    gradientPower: Float64Array;
    start: Float64Array;
    /** How much it counts that the gradients of x are those that were shaped, in the order of the turns. */
    closeness: readonly number[];
    shape: ShapeGradients;
  },
): Float64Array {
  const { width, height } = fourier;
  const [across, down] = [new Float64Array(width * height), new Float64Array(width * height)];
  const divergence = new Float64Array(width * height);
  let plane = start;
  for (const weight of closeness) {
    takeGradients(plane, width, height, across, down);
    shape(across, down, weight);
    takeDivergence(across, down, width, height, divergence);
    const fitted = fourier.forward(divergence);
    for (let i = 0; i < kernelPower.length; i++) {
      const scale = 1 / (kernelPower[i]! + weight * gradientPower[i]!);
      fitted[2 * i] = (seen[2 * i]! + weight * fitted[2 * i]!) * scale;
      fitted[2 * i + 1] = (seen[2 * i + 1]! + weight * fitted[2 * i + 1]!) * scale;
    }
    plane = fourier.inverse(fitted);
  }
  return plane;
}

function takeGradients(
  plane: Float64Array,
  width: number,
  height: number,
  across: Float64Array,
  down: Float64Array,
): void {
  for (let y = 0; y < height; y++) {
    const [row, below] = [y * width, ((y + 1) % height) * width];
    for (let x = 0; x < width; x++) {
      const value = plane[row + x]!;
      across[row + x] = plane[row + (x + 1 === width ? 0 : x + 1)]! - value;
      down[row + x] = plane[below + x]! - value;
    }
  }
}

/** What `takeGradients` does, transposed. */
function takeDivergence(
  across: Float64Array,
  down: Float64Array,
  width: number,
  height: number,
  divergence: Float64Array,
): void {
  for (let y = 0; y < height; y++) {
    const [row, above] = [y * width, ((y + height - 1) % height) * width];
    for (let x = 0; x < width; x++) {
      divergence[row + x] =
        across[row + (x === 0 ? width - 1 : x - 1)]! - across[row + x]! + down[above + x]! - down[row + x]!;
    }
  }
}
