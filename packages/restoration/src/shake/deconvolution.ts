import type { BlurKernel } from './blur-kernel.js';
import { FourierTransform, timesConjugate, type Plane } from './fourier.js';
import { fitGradients, type ShapeGradients } from './gradient-fitting.js';
import { cut } from './planes.js';
import { differencePower, power, repeatable, transformKernel, transformSize } from './periodic-plane.js';

/** How much gradients cost, against what is off by a whole step from black to white. */
const defaultGradientCost = 2e-3;
/** Of the gradients to those that the prior wants, relative to their cost. */
const closeness = [1, 2.83, 8, 22.6, 64, 181];
/** Natural images have gradients of which this power is about as likely as not. */
const exponent = 2 / 3;

/**
 * Undoes a known blur (Krishnan and Fergus, "Fast Image Deconvolution using Hyper-Laplacian Priors", 2009).
 *
 * @param planes colour channels, all of one size.
 */
export function deconvolve(
  planes: readonly Plane[],
  kernel: BlurKernel,
  gradientCost = defaultGradientCost,
): Plane[] {
  const { width, height } = planes[0]!;
  const size = transformSize({ width, height }, kernel.sizePixels);
  const fourier = new FourierTransform(size.width, size.height);
  const kernelSpectrum = transformKernel(fourier, kernel);
  const kernelPower = power(kernelSpectrum);
  const gradientPower = differencePower(size);
  return planes.map((plane) => {
    const start = repeatable(plane, size);
    const sharp = fitGradients(fourier, {
      seen: timesConjugate(fourier.forward(start), kernelSpectrum),
      kernelPower,
      gradientPower,
      start,
      closeness: closeness.map((value) => value * gradientCost),
      shape: shrink(gradientCost),
    });
    return cut({ ...size, data: sharp }, { left: 0, top: 0, width, height });
  });
}

/** Each component nearer to zero, by what the prior gains: fixed-point iteration. */
const shrink =
  (gradientCost: number): ShapeGradients =>
  (across, down, weight) => {
    const gain = (exponent * gradientCost) / weight;
    for (const values of [across, down]) {
      for (let i = 0; i < values.length; i++) {
        const length = Math.abs(values[i]!);
        let shrunk = length;
        for (let step = 0; step < 4; step++) {
          shrunk = Math.max(0, length - gain / Math.cbrt(Math.max(1e-4, shrunk)));
        }
        values[i] = Math.sign(values[i]!) * shrunk;
      }
    }
  };
