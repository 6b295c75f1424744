import { powerOfTwo, type FourierTransform, type Plane, type Spectrum } from './fourier.js';
import type { BlurKernel } from './blur-kernel.js';

/** The size in which a plane can be transformed: powers of two with room for what a kernel smears. */
export function transformSize(
  { width, height }: { width: number; height: number },
  kernelPixels: number,
): { width: number; height: number } {
  return { width: powerOfTwo(width + kernelPixels), height: powerOfTwo(height + kernelPixels) };
}

/**
 * A plane in the upper left corner of a larger one that goes on, mirrored, from its right edge to its left
 * one and from its lower edge to its upper one: a Fourier transform takes planes as if they were repeated for
 * ever, and would see edges there.
 */
export function repeatable(
  { width, height, data }: Plane,
  size: { width: number; height: number },
): Float64Array {
  const plane = new Float64Array(size.width * size.height);
  const [columns, rows] = [wayAround(width, size.width), wayAround(height, size.height)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) plane[y * size.width + x] = data[y * width + x]!;
    columns.forEach(({ fromEnd, fromStart, share }, i) => {
      plane[y * size.width + width + i] =
        (1 - share) * data[y * width + fromEnd]! + share * data[y * width + fromStart]!;
    });
  }
  rows.forEach(({ fromEnd, fromStart, share }, i) => {
    const to = (height + i) * size.width;
    for (let x = 0; x < size.width; x++) {
      plane[to + x] =
        (1 - share) * plane[fromEnd * size.width + x]! + share * plane[fromStart * size.width + x]!;
    }
  });
  return plane;
}

/** What each place beyond the end of an axis is mixed from. */
function wayAround(length: number, whole: number): { fromEnd: number; fromStart: number; share: number }[] {
  const count = whole - length;
  const mirrored = (distance: number) => Math.min(length - 1, distance);
  return Array.from({ length: count }, (_, i) => ({
    fromEnd: length - 1 - mirrored(i),
    fromStart: mirrored(count - 1 - i),
    share: 0.5 - 0.5 * Math.cos((Math.PI * (i + 1)) / (count + 1)),
  }));
}

/** The transform of what blurs with a kernel, its middle at the origin. */
export function transformKernel(fourier: FourierTransform, { sizePixels, data }: BlurKernel): Spectrum {
  const { width, height } = fourier;
  const plane = new Float64Array(width * height);
  const middle = (sizePixels - 1) / 2;
  data.forEach((value, place) => {
    const x = ((place % sizePixels) - middle + width) % width;
    const y = (Math.floor(place / sizePixels) - middle + height) % height;
    plane[y * width + x]! += value;
  });
  return fourier.forward(plane);
}

/** The squared length of every value. */
export function power(spectrum: Spectrum): Float64Array {
  return Float64Array.from(
    { length: spectrum.length / 2 },
    (_, i) => spectrum[2 * i]! ** 2 + spectrum[2 * i + 1]! ** 2,
  );
}

/** The power of the differences to the right and lower neighbour, of a plane's every frequency. */
export function differencePower({ width, height }: { width: number; height: number }): Float64Array {
  const result = new Float64Array((width / 2 + 1) * height);
  for (let column = 0; column <= width / 2; column++) {
    for (let row = 0; row < height; row++) {
      result[column * height + row] =
        4 - 2 * Math.cos((2 * Math.PI * column) / width) - 2 * Math.cos((2 * Math.PI * row) / height);
    }
  }
  return result;
}
