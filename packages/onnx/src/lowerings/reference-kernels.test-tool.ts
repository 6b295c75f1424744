import type { Tensor, Tensor4D } from '@tensorflow/tfjs';

type Padding = 'border' | 'zeros';

/** A neighbour of a sampling place, with its bilinear weight and the weight's derivatives by x and y. */
interface Neighbour {
  /** Offset of the pixel's first channel. */
  offset: number;
  weight: number;
  byX: number;
  byY: number;
}

/**
 * Calls `visit` with the neighbours that count, for every sampling place; written from the definition, place
 * by place.
 */
function visitPlaces(
  coordinates: Tensor,
  [, height, width, channels]: number[],
  padding: Padding,
  visit: (place: number, neighbours: Neighbour[]) => void,
): void {
  const values = coordinates.dataSync();
  const placesPerSample = coordinates.shape[1]! * coordinates.shape[2]!;
  for (let place = 0; place < values.length / 2; place++) {
    const [rawX, rawY] = [values[2 * place]!, values[2 * place + 1]!];
    const clamp = (value: number, size: number) =>
      padding === 'border' ? Math.min(Math.max(value, 0), size - 1) : value;
    const [x, y] = [clamp(rawX, width!), clamp(rawY, height!)];
    const neighbours: Neighbour[] = [];
    for (const row of [Math.floor(y), Math.floor(y) + 1]) {
      for (const column of [Math.floor(x), Math.floor(x) + 1]) {
        const isInside = row >= 0 && row < height! && column >= 0 && column < width!;
        if (!isInside && padding === 'zeros') continue;
        const [nearRow, nearColumn] = [Math.min(row, height! - 1), Math.min(column, width! - 1)];
        const [alongX, alongY] = [1 - Math.abs(x - column), 1 - Math.abs(y - row)];
        neighbours.push({
          offset:
            ((Math.floor(place / placesPerSample) * height! + nearRow) * width! + nearColumn) * channels!,
          weight: alongX * alongY,
          byX: x === rawX ? (column > x ? alongY : -alongY) : 0,
          byY: y === rawY ? (row > y ? alongX : -alongX) : 0,
        });
      }
    }
    visit(place, neighbours);
  }
}

export function sampleReference(
  { image, coordinates }: Record<string, Tensor>,
  padding: Padding,
): Float32Array {
  const channels = image!.shape[3]!;
  const pixels = image!.dataSync();
  const output = new Float32Array((coordinates!.size / 2) * channels);
  visitPlaces(coordinates!, image!.shape, padding, (place, neighbours) => {
    for (const { offset, weight } of neighbours) {
      for (let channel = 0; channel < channels; channel++) {
        output[place * channels + channel]! += weight * pixels[offset + channel]!;
      }
    }
  });
  return output;
}

export function sampleImageGradientReference(
  { dy, coordinates }: Record<string, Tensor>,
  imageShape: number[],
  padding: Padding,
): Float32Array {
  const channels = imageShape[3]!;
  const gradient = dy!.dataSync();
  const output = new Float32Array(imageShape.reduce((product, size) => product * size, 1));
  visitPlaces(coordinates!, imageShape, padding, (place, neighbours) => {
    for (const { offset, weight } of neighbours) {
      for (let channel = 0; channel < channels; channel++) {
        output[offset + channel]! += weight * gradient[place * channels + channel]!;
      }
    }
  });
  return output;
}

export function sampleCoordinatesGradientReference(
  { dy, image, coordinates }: Record<string, Tensor>,
  padding: Padding,
): Float32Array {
  const channels = image!.shape[3]!;
  const [gradient, pixels] = [dy!.dataSync(), image!.dataSync()];
  const output = new Float32Array(coordinates!.size);
  visitPlaces(coordinates!, image!.shape, padding, (place, neighbours) => {
    for (const { offset, byX, byY } of neighbours) {
      for (let channel = 0; channel < channels; channel++) {
        const product = gradient[place * channels + channel]! * pixels[offset + channel]!;
        output[2 * place]! += byX * product;
        output[2 * place + 1]! += byY * product;
      }
    }
  });
  return output;
}

interface ResizeOptions {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

/**
 * Shares every output's gradient out over the pixels that `sourcesOf` an index along one axis names, by their
 * weights.
 */
function shareOut(
  dy: Tensor4D,
  [height, width]: number[],
  sourcesOf: (index: number, from: number, to: number) => { pixel: number; weight: number }[],
): Float32Array {
  const [batch, outHeight, outWidth, channels] = dy.shape;
  const gradient = dy.dataSync();
  const output = new Float32Array(batch * height! * width! * channels);
  for (let index = 0; index < gradient.length; index++) {
    const channel = index % channels;
    const column = Math.floor(index / channels) % outWidth;
    const row = Math.floor(index / (channels * outWidth)) % outHeight;
    const sample = Math.floor(index / (channels * outWidth * outHeight));
    for (const above of sourcesOf(row, height!, outHeight)) {
      for (const left of sourcesOf(column, width!, outWidth)) {
        output[((sample * height! + above.pixel) * width! + left.pixel) * channels + channel]! +=
          gradient[index]! * above.weight * left.weight;
      }
    }
  }
  return output;
}

const scaleOf = (from: number, to: number, alignCorners: boolean): number =>
  alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;

export function resizeBilinearGradientReference(
  dy: Tensor4D,
  size: number[],
  { alignCorners, halfPixelCenters }: ResizeOptions,
): Float32Array {
  return shareOut(dy, size, (index, from, to) => {
    const scale = scaleOf(from, to, alignCorners);
    const position = Math.min(
      Math.max(halfPixelCenters ? (index + 0.5) * scale - 0.5 : index * scale, 0),
      from - 1,
    );
    return [...new Set([Math.floor(position), Math.ceil(position)])].map((pixel) => ({
      pixel,
      weight: 1 - Math.abs(position - pixel),
    }));
  });
}

export function resizeNearestGradientReference(
  dy: Tensor4D,
  size: number[],
  { alignCorners, halfPixelCenters }: ResizeOptions,
): Float32Array {
  return shareOut(dy, size, (index, from, to) => {
    const position = (halfPixelCenters ? index + 0.5 : index) * scaleOf(from, to, alignCorners);
    return [
      { pixel: Math.min(from - 1, alignCorners ? Math.round(position) : Math.floor(position)), weight: 1 },
    ];
  });
}
