import {
  centred,
  normalized,
  withoutBlur,
  withoutFaint,
  withoutFragments,
  type BlurKernel,
} from './blur-kernel.js';
import { FourierTransform, powerOfTwo, timesConjugate, type Plane } from './fourier.js';
import { fitGradients, type ShapeGradients } from './gradient-fitting.js';
import { cut } from './planes.js';
import { differencePower, power, repeatable, transformKernel, transformSize } from './periodic-plane.js';

/** How much a gradient that is not zero costs, at the start; it halves every seven rounds. */
const gradientCost = { first: 4e-3, least: 1e-4, decay: 1.1 };
/** From twice the cost, by this factor, up to where the gradients are those that were kept. */
const closenessSteps = { factor: 4, most: 1e5 };
/** Keeps the kernel small where the image says nothing of it; for values from 0 to 1. */
const kernelSmoothness = 10;
const conjugateGradientSteps = 20;
/** What is below this share of a kernel's largest value is noise. */
const faintShare = 0.05;
const thresholdDecay = 1.1;

/** What carries over from one round to the next, and from one size of the photograph to a larger one. */
export interface EstimationState {
  gradientCost: number;
}

export function startEstimation(): EstimationState {
  return { gradientCost: gradientCost.first };
}

/**
 * Estimates by what a photograph was blurred, at one size of it: in turns the sharp image that the kernel
 * leaves, with as few gradients as possible (Xu, Zheng and Jia, "Unnatural L0 Sparse Representation for Natural
 * Image Deblurring", 2013), and the kernel from that image's strongest gradients (Cho and Lee, "Fast Motion
 * Deblurring", 2009).
 *
 * @param blurred luminance in [0, 1].
 * @param kernel what is known of it, of an odd size.
 * @returns a kernel that blurs nothing where the photograph tells of none.
 */
export function estimateKernel(
  blurred: Plane,
  kernel: BlurKernel,
  rounds: number,
  state: EstimationState,
): BlurKernel {
  const { width, height } = blurred;
  const { sizePixels } = kernel;
  const size = transformSize(blurred, sizePixels);
  const fourier = new FourierTransform(size.width, size.height);
  const start = repeatable(blurred, size);
  const seenSpectrum = fourier.forward(start);
  const gradientPower = differencePower(size);
  const seenGradients = diagonalGradients(blurred).map((gradient) =>
    fourier.forward(placed({ width, height, data: gradient }, size)),
  );
  let threshold: number | undefined;
  for (let round = 0; round < rounds; round++) {
    const kernelSpectrum = transformKernel(fourier, kernel);
    const cost = state.gradientCost;
    const latent = fitGradients(fourier, {
      seen: timesConjugate(seenSpectrum, kernelSpectrum),
      kernelPower: power(kernelSpectrum),
      gradientPower,
      start,
      closeness: closenessFrom(2 * cost),
      shape: keepLarge(cost),
    });
    const gradients = diagonalGradients(cut({ ...size, data: latent }, { left: 0, top: 0, width, height }));
    threshold ??= strongThreshold(gradients, 2 * sizePixels);
    const [first, second] = keepStrong(gradients, threshold, sizePixels ** 2 / 4).map((gradient) =>
      fourier.forward(placed({ width, height, data: gradient }, size)),
    ) as [Float64Array, Float64Array];
    const solved = solveForKernel(
      fourier,
      timesConjugate(seenGradients[1]!, second, timesConjugate(seenGradients[0]!, first)),
      timesConjugate(second, second, timesConjugate(first, first)),
      sizePixels,
    );
    if (!solved) return withoutBlur(sizePixels);
    kernel = withoutFragments(solved);
    threshold /= thresholdDecay;
    state.gradientCost = Math.max(gradientCost.least, cost / gradientCost.decay);
  }
  return centred(kernel);
}

function closenessFrom(least: number): number[] {
  const steps: number[] = [];
  for (let value = least; value < closenessSteps.most; value *= closenessSteps.factor) steps.push(value);
  return steps;
}

/** A gradient is kept as it is, or costs nothing: whichever is cheaper (Xu et al. 2013, Eq. 11). */
const keepLarge =
  (cost: number): ShapeGradients =>
  (across, down, closeness) => {
    const least = cost / closeness;
    for (let i = 0; i < across.length; i++) {
      if (across[i]! ** 2 + down[i]! ** 2 < least) across[i] = down[i] = 0;
    }
  };

/** Of both diagonals, of means of two pixels: in the last column and row zero. */
function diagonalGradients({ width, height, data }: Plane): [Float64Array, Float64Array] {
  const [across, down] = [new Float64Array(data.length), new Float64Array(data.length)];
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const at = y * width + x;
      const [a, b, c, d] = [data[at]!, data[at + 1]!, data[at + width]!, data[at + width + 1]!];
      across[at] = (b - a + d - c) / 2;
      down[at] = (c - a + d - b) / 2;
    }
  }
  return [across, down];
}

/** Such that of every quarter of the directions at least `count` gradients are as strong. */
function strongThreshold([across, down]: readonly Float64Array[], count: number): number {
  const strengths: number[][] = [[], [], [], []];
  for (let i = 0; i < across!.length; i++) {
    const strength = Math.hypot(across![i]!, down![i]!);
    if (strength === 0) continue;
    const direction = (Math.atan2(down![i]!, across![i]!) + Math.PI) % Math.PI;
    strengths[Math.min(3, Math.floor((4 * direction) / Math.PI))]!.push(strength);
  }
  return Math.min(
    ...strengths.map((values) => {
      const sorted = Float64Array.from(values).sort();
      return sorted[Math.max(0, sorted.length - 1 - count)] ?? 0;
    }),
  );
}

/** @param least how many there must be: the threshold is lowered until there are. */
function keepStrong(
  [across, down]: [Float64Array, Float64Array],
  threshold: number,
  least: number,
): [Float64Array, Float64Array] {
  const strengths = across.map((value, i) => Math.hypot(value, down[i]!));
  let limit = threshold;
  while (limit > 1e-6 && strengths.reduce((count, value) => count + Number(value > limit), 0) <= least) {
    limit *= 0.81;
  }
  const keep = (values: Float64Array) => values.map((value, i) => (strengths[i]! > limit ? value : 0));
  return [keep(across), keep(down)];
}

/**
 * The kernel for which the gradients of the latent image, blurred, come nearest to those that were seen
 * (Cho and Lee 2009, Eq. 9, by conjugate gradients). Blurring with the latent gradients and back is a
 * convolution with their autocorrelation, of which the kernel sees twice its own size only.
 *
 * @returns undefined where the gradients tell of no kernel, as those of one colour.
 *
 * @param correlation of what was seen with the latent gradients, and of these with themselves, as spectra.
 */
function solveForKernel(
  fourier: FourierTransform,
  correlation: Float64Array,
  autocorrelation: Float64Array,
  sizePixels: number,
): BlurKernel | undefined {
  const wanted = aroundOrigin(fourier.inverse(correlation), fourier, sizePixels);
  const side = powerOfTwo(2 * sizePixels - 1);
  const small = new FourierTransform(side, side);
  const reach = 2 * sizePixels - 1;
  const blurAndBack = transformKernel(small, {
    sizePixels: reach,
    data: aroundOrigin(fourier.inverse(autocorrelation), fourier, reach),
  });
  const apply = (values: Float64Array): Float64Array => {
    const spectrum = transformKernel(small, { sizePixels, data: values });
    for (let i = 0; i < spectrum.length; i += 2) {
      const [re, im, byRe, byIm] = [spectrum[i]!, spectrum[i + 1]!, blurAndBack[i]!, blurAndBack[i + 1]!];
      spectrum[i] = re * byRe - im * byIm;
      spectrum[i + 1] = re * byIm + im * byRe;
    }
    const blurred = aroundOrigin(small.inverse(spectrum), small, sizePixels);
    return blurred.map((value, i) => value + kernelSmoothness * values[i]!);
  };
  const data = new Float64Array(sizePixels ** 2).fill(1 / sizePixels ** 2);
  const residual = apply(data).map((value, i) => wanted[i]! - value);
  const direction = residual.slice();
  let error = dot(residual, residual);
  for (let step = 0; step < conjugateGradientSteps && error > 0; step++) {
    const applied = apply(direction);
    const length = error / dot(direction, applied);
    for (let i = 0; i < data.length; i++) {
      data[i]! += length * direction[i]!;
      residual[i]! -= length * applied[i]!;
    }
    const next = dot(residual, residual);
    for (let i = 0; i < data.length; i++) direction[i] = residual[i]! + (next / error) * direction[i]!;
    error = next;
  }
  if (!data.some((value) => value > 0)) return undefined;
  return withoutFaint(normalized(sizePixels, data), faintShare);
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** A square around the origin of a plane that repeats. @param sizePixels odd. */
function aroundOrigin(
  plane: Float64Array,
  { width, height }: { width: number; height: number },
  sizePixels: number,
): Float64Array {
  const middle = (sizePixels - 1) / 2;
  return Float64Array.from({ length: sizePixels ** 2 }, (_, place) => {
    const x = ((place % sizePixels) - middle + width) % width;
    const y = (Math.floor(place / sizePixels) - middle + height) % height;
    return plane[y * width + x]!;
  });
}

function placed({ width, height, data }: Plane, size: { width: number; height: number }): Float64Array {
  const plane = new Float64Array(size.width * size.height);
  for (let y = 0; y < height; y++) plane.set(data.subarray(y * width, (y + 1) * width), y * size.width);
  return plane;
}
