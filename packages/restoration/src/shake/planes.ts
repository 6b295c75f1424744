import type { RgbImage } from '../raster.js';
import type { Plane } from './fourier.js';

const luminanceShares = [0.299, 0.587, 0.114] as const;

export function luminanceOf({ width, height, data }: RgbImage): Plane {
  const [red, green, blue] = luminanceShares;
  const result = new Float64Array(width * height);
  for (let i = 0; i < result.length; i++) {
    result[i] = red * data[3 * i]! + green * data[3 * i + 1]! + blue * data[3 * i + 2]!;
  }
  return { width, height, data: result };
}

/** Red, green and blue by themselves. */
export function channelsOf({ width, height, data }: RgbImage): Plane[] {
  return [0, 1, 2].map((channel) => {
    const values = new Float64Array(width * height);
    for (let i = 0; i < values.length; i++) values[i] = data[3 * i + channel]!;
    return { width, height, data: values };
  });
}

/** The image of three channels, its values cut to [0, 1]. */
export function imageOf(channels: readonly Plane[]): RgbImage {
  const { width, height } = channels[0]!;
  const data = new Float32Array(3 * width * height);
  channels.forEach(({ data: values }, channel) => {
    for (let i = 0; i < values.length; i++) data[3 * i + channel] = Math.min(1, Math.max(0, values[i]!));
  });
  return { width, height, data };
}

/** A smaller copy, every pixel the mean of those that it takes the place of. @param scale at most 1. */
export function shrunk(plane: Plane, scale: number): Plane {
  if (scale === 1) return plane;
  const [width, height] = [plane.width, plane.height].map((side) => Math.max(1, Math.round(side * scale)));
  return transposed(narrowed(transposed(narrowed(plane, width!)), height!));
}

function narrowed({ width, height, data }: Plane, toWidth: number): Plane {
  const ratio = width / toWidth;
  const result = new Float64Array(toWidth * height);
  for (let x = 0; x < toWidth; x++) {
    const [left, right] = [x * ratio, (x + 1) * ratio];
    for (let from = Math.floor(left); from < right && from < width; from++) {
      const share = (Math.min(from + 1, right) - Math.max(from, left)) / ratio;
      for (let y = 0; y < height; y++) result[y * toWidth + x]! += share * data[y * width + from]!;
    }
  }
  return { width: toWidth, height, data: result };
}

function transposed({ width, height, data }: Plane): Plane {
  const result = new Float64Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) result[x * height + y] = data[y * width + x]!;
  }
  return { width: height, height: width, data: result };
}

/** Of nine windows, at most so long each way, the one with most texture; all of a plane that is no larger. */
export function textured(plane: Plane, longestPixels: number): Plane {
  const [width, height] = [Math.min(plane.width, longestPixels), Math.min(plane.height, longestPixels)];
  if (width === plane.width && height === plane.height) return plane;
  const places = [0, 0.5, 1];
  const windows = places.flatMap((down) =>
    places.map((across) =>
      cut(plane, {
        left: Math.round((plane.width - width) * across),
        top: Math.round((plane.height - height) * down),
        width,
        height,
      }),
    ),
  );
  const textures = windows.map(textureOf);
  return windows[textures.indexOf(Math.max(...textures))]!;
}

export function cut(
  { width: stride, data }: Plane,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): Plane {
  const result = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * stride + left;
    result.set(data.subarray(from, from + width), y * width);
  }
  return { width, height, data: result };
}

/** Edges count as much as texture does: one bright line is no texture. */
const strongestDifference = 0.1;

function textureOf({ width, data }: Plane): number {
  let sum = 0;
  for (let i = width; i < data.length; i++) {
    const difference = Math.abs(data[i]! - data[i - 1]!) + Math.abs(data[i]! - data[i - width]!);
    sum += Math.min(strongestDifference, difference);
  }
  return sum;
}
