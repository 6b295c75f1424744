import { resized, type BlurKernel } from './blur-kernel.js';
import { deconvolve } from './deconvolution.js';
import type { Plane } from './fourier.js';
import { estimateKernel, startEstimation } from './kernel-estimation.js';
import { shrunk, textured } from './planes.js';

/** A photograph is looked at no larger than this: the longer side. */
const longestSidePixels = 800;
/**
 * Sizes of the kernel that are tried, as shares of the longer side: one that is much too large leaves room for
 * wrong paths, and one that is too small cannot hold the right one.
 */
const kernelShares = [0.035, 0.055, 0.08];
/** At each size of the photograph. */
const rounds = 5;
/** From one size to the next. */
const sizeFactor = Math.SQRT2;
const leastKernelPixels = 3;
/** Of the kernel, at the smallest size of the photograph at most. */
const firstKernelPixels = 5;
/** Of a window that the kernel is estimated from, with what it smears. */
const windowPixels = 512;
/** A larger kernel is taken only if gradients become sparser by so much. */
const clearlySparser = 0.96;

/**
 * Finds by what a photograph was blurred when the camera shook and nothing moved by itself. Of kernels that
 * are estimated at several sizes that is taken with which the photograph becomes most like a sharp one: whose
 * gradients are the sparsest (Krishnan, Tay and Fergus, "Blind Deconvolution Using a Normalized Sparsity
 * Measure", 2011).
 *
 * @param luminance of the photograph, in [0, 1].
 * @param beforePart called before each part of the work, with the share of it that is done.
 */
export async function findShake(
  luminance: Plane,
  beforePart: (share: number) => Promise<void>,
): Promise<BlurKernel> {
  const longest = Math.max(luminance.width, luminance.height);
  const scale = Math.min(1, longestSidePixels / longest);
  const seen = shrunk(luminance, scale);
  // The same for all kernels, so that they are compared by the same pixels.
  const rimPixels = Math.round(
    Math.min(kernelShares.at(-1)! * longest * scale, Math.min(seen.width, seen.height) / 4),
  );
  let best: { kernel: BlurKernel; sparsity: number } | undefined;
  for (const [index, share] of kernelShares.entries()) {
    const kernelPixels = Math.max(firstKernelPixels, odd(share * longest * scale));
    const kernel = await estimateCoarseToFine(seen, kernelPixels, async (done) =>
      beforePart((index + done) / kernelShares.length),
    );
    const sparsity = sparsityOf(deconvolve([seen], kernel)[0]!, rimPixels);
    if (!best || sparsity < clearlySparser * best.sparsity) best = { kernel, sparsity };
  }
  const { kernel } = best!;
  return scale === 1 ? kernel : resized(kernel, odd(kernel.sizePixels / scale));
}

/** From where the blur is a few pixels long to the given size. */
async function estimateCoarseToFine(
  luminance: Plane,
  kernelPixels: number,
  beforePart: (share: number) => Promise<void>,
): Promise<BlurKernel> {
  const smaller = Math.floor(Math.log(kernelPixels / firstKernelPixels) / Math.log(sizeFactor));
  const state = startEstimation();
  let kernel: BlurKernel | undefined;
  for (let level = smaller; level >= 0; level--) {
    await beforePart(2 ** (-level - 1));
    const scale = sizeFactor ** -level;
    const sizePixels = Math.max(leastKernelPixels, odd(kernelPixels * scale));
    const seen = textured(shrunk(luminance, scale), windowPixels - sizePixels);
    kernel = kernel ? resized(kernel, sizePixels) : twoPixels(sizePixels);
    kernel = estimateKernel(seen, kernel, rounds, state);
  }
  return kernel!;
}

function odd(length: number): number {
  const whole = Math.ceil(length);
  return whole + 1 - (whole % 2);
}

/** A blur that is not nothing, from where any other can be reached. */
function twoPixels(sizePixels: number): BlurKernel {
  const data = new Float64Array(sizePixels ** 2);
  const middle = (sizePixels ** 2 - 1) / 2;
  data[middle - 1] = data[middle] = 0.5;
  return { sizePixels, data };
}

/** The smaller, the fewer gradients are large. @param rimPixels what is left out at the edges. */
function sparsityOf({ width, height, data }: Plane, rimPixels: number): number {
  let [lengths, squares, count] = [0, 0, 0];
  for (let y = rimPixels; y < height - rimPixels; y++) {
    for (let x = rimPixels; x < width - rimPixels; x++) {
      const at = y * width + x;
      const [across, down] = [data[at + 1]! - data[at]!, data[at + width]! - data[at]!];
      count++;
      lengths += Math.abs(across) + Math.abs(down);
      squares += across * across + down * down;
    }
  }
  return squares > 0 ? lengths / Math.sqrt(squares * count) : Infinity;
}
