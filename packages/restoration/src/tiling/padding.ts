import type { RgbImage } from '../raster.js';

/**
 * Grows an image to `width` x `height` by mirroring it at its edges, the edge pixel not repeated. An image
 * smaller than the space to fill is mirrored back and forth; a single row or column is repeated.
 *
 * @param options.left, options.top how many of the new columns and rows lie before the image's own; none if
 * not said.
 * @param options.data where the grown image is written, if it has to grow; a new array if not given.
 */
export function padByReflection(
  image: RgbImage,
  width: number,
  height: number,
  { left = 0, top = 0, data }: { left?: number; top?: number; data?: Float32Array } = {},
): RgbImage {
  if (width < image.width || height < image.height) {
    throw new RangeError(
      `Expected a padded size of at least ${image.width}x${image.height} but received ${width}x${height}`,
    );
  }
  if (width === image.width && height === image.height) return image;
  const columns = Int32Array.from({ length: width }, (_, x) => reflectIndex(x - left, image.width));
  data ??= new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const source = reflectIndex(y - top, image.height) * image.width;
    for (let x = 0; x < width; x++) {
      const from = (source + columns[x]!) * 3;
      const to = (y * width + x) * 3;
      data[to] = image.data[from]!;
      data[to + 1] = image.data[from + 1]!;
      data[to + 2] = image.data[from + 2]!;
    }
  }
  return { width, height, data };
}

/**
 * Copies the `width` x `height` block of a raster whose corner is (x, y) to `data`, a new array if not given.
 */
export function crop(
  raster: { readonly width: number; readonly data: Float32Array },
  channels: number,
  x: number,
  y: number,
  width: number,
  height: number,
  data: Float32Array = new Float32Array(width * height * channels),
): Float32Array {
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * raster.width + x) * channels;
    data.set(raster.data.subarray(start, start + width * channels), row * width * channels);
  }
  return data;
}

/** `value` rounded up to a multiple. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function reflectIndex(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const phase = ((index % period) + period) % period;
  return phase < length ? phase : period - phase;
}
