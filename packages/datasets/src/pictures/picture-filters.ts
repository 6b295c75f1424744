import type { RgbImage } from '@unblur/metrics';

/** Beyond this many standard deviations the kernel is cut off: less than 0.3 % of it. */
const reach = 3;

/**
 * Blurs an RGB picture by a Gaussian; beyond its edges its outermost pixels are repeated.
 *
 * @param values `height * width * 3`.
 * @param sigmaPixels standard deviation, above 0.
 */
export function gaussianBlur(
  values: Float32Array,
  width: number,
  height: number,
  sigmaPixels: number,
): Float32Array {
  const kernel = gaussianKernel(sigmaPixels);
  const alongRows = convolveAlong(values, kernel, {
    lines: height,
    lineStride: width * 3,
    length: width,
    step: 3,
  });
  return convolveAlong(alongRows, kernel, { lines: width, lineStride: 3, length: height, step: width * 3 });
}

/** Weights of the centre and of the pixels 1, 2, ... away on either side; all sides together sum up to 1. */
function gaussianKernel(sigmaPixels: number): number[] {
  const weights = Array.from({ length: Math.ceil(reach * sigmaPixels) + 1 }, (_, offset) =>
    Math.exp(-(offset ** 2) / (2 * sigmaPixels ** 2)),
  );
  const sum = 2 * weights.reduce((total, weight) => total + weight, 0) - weights[0]!;
  return weights.map((weight) => weight / sum);
}

function convolveAlong(
  values: Float32Array,
  kernel: readonly number[],
  { lines, lineStride, length, step }: { lines: number; lineStride: number; length: number; step: number },
): Float32Array {
  const convolved = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    for (let place = 0; place < length; place++) {
      const target = line * lineStride + place * step;
      for (let offset = 0; offset < kernel.length; offset++) {
        const before = line * lineStride + Math.max(place - offset, 0) * step;
        const after = line * lineStride + Math.min(place + offset, length - 1) * step;
        const weight = kernel[offset]! * (offset === 0 ? 0.5 : 1);
        for (let channel = 0; channel < 3; channel++) {
          convolved[target + channel]! += weight * (values[before + channel]! + values[after + channel]!);
        }
      }
    }
  }
  return convolved;
}

/** A grey picture: `width * height` values in [0, 1]. */
export interface GreyImage {
  width: number;
  height: number;
  data: Float32Array;
}

export function greyOf({ width, height, data }: RgbImage): GreyImage {
  const grey = new Float32Array(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = (data[3 * i]! + data[3 * i + 1]! + data[3 * i + 2]!) / 3;
  return { width, height, data: grey };
}

/**
 * Makes a picture smaller by a whole factor: means of factor x factor pixels; rows and columns that do not
 * fill one are left out.
 */
export function shrinkImage(image: RgbImage, factor: number): RgbImage {
  return shrinkChannels(image, 3, factor);
}

export function shrinkChannels<T extends GreyImage | RgbImage>(
  image: T,
  channels: number,
  factor: number,
): T {
  if (factor === 1) return image;
  const width = Math.floor(image.width / factor);
  const height = Math.floor(image.height / factor);
  const data = new Float32Array(width * height * channels);
  const share = 1 / (factor * factor);
  for (let y = 0; y < height * factor; y++) {
    const targetRow = Math.floor(y / factor) * width;
    for (let x = 0; x < width * factor; x++) {
      const target = (targetRow + Math.floor(x / factor)) * channels;
      const source = (y * image.width + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        data[target + channel]! += image.data[source + channel]! * share;
      }
    }
  }
  return { ...image, width, height, data };
}
