import { registerKernel, util } from '@tensorflow/tfjs-core';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { SamplePadding } from './sample-padding.js';

/** The part of the TensorFlow.js `cpu` backend that these kernels touch. */
interface CpuBackend extends KernelBackend {
  data: { get(dataId: object): { values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): TensorInfo;
}

/** A tensor's values, in C order. */
interface PlainTensor {
  shape: number[];
  values: Float32Array;
}

/** Registers `GridSample` and its two gradients for the TensorFlow.js `cpu` backend. */
export function registerCpuGridSample(): void {
  register('GridSample', ({ image, coordinates }, { padding }) => {
    const channels = image!.shape[3]!;
    const sampled = zeros([...coordinates!.shape.slice(0, 3), channels]);
    forEachCorner(coordinates!.values, image!.shape, padding, (place, { pixel, weight }) => {
      const [from, to] = [pixel * channels, place * channels];
      for (let channel = 0; channel < channels; channel++) {
        sampled.values[to + channel]! += weight * image!.values[from + channel]!;
      }
    });
    return sampled;
  });

  register('GridSampleImageGrad', ({ dy, coordinates }, { padding, imageShape }) => {
    const channels = imageShape![3]!;
    const gradient = zeros(imageShape!);
    forEachCorner(coordinates!.values, imageShape!, padding, (place, { pixel, weight }) => {
      const [from, to] = [place * channels, pixel * channels];
      for (let channel = 0; channel < channels; channel++) {
        gradient.values[to + channel]! += weight * dy!.values[from + channel]!;
      }
    });
    return gradient;
  });

  register('GridSampleCoordinatesGrad', ({ dy, image, coordinates }, { padding }) => {
    const channels = image!.shape[3]!;
    const gradient = zeros(coordinates!.shape);
    forEachCorner(coordinates!.values, image!.shape, padding, (place, { pixel, weightByX, weightByY }) => {
      let product = 0;
      for (let channel = 0; channel < channels; channel++) {
        product += dy!.values[place * channels + channel]! * image!.values[pixel * channels + channel]!;
      }
      gradient.values[2 * place]! += weightByX * product;
      gradient.values[2 * place + 1]! += weightByY * product;
    });
    return gradient;
  });
}

function register(
  kernelName: string,
  compute: (
    inputs: Record<string, PlainTensor>,
    attrs: { padding: SamplePadding; imageShape?: number[] },
  ) => PlainTensor,
): void {
  registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const cpu = backend as CpuBackend;
      const plain = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [
          name,
          { shape: tensor!.shape, values: cpu.data.get(tensor!.dataId).values },
        ]),
      );
      const { shape, values } = compute(plain, attrs as never);
      return cpu.makeTensorInfo(shape, 'float32', values);
    },
  });
}

function zeros(shape: number[]): PlainTensor {
  return { shape, values: new Float32Array(util.sizeFromShape(shape)) };
}

/** One of the four pixels around a place. */
interface Corner {
  /** Its index in `[B, H, W]`. */
  pixel: number;
  /** Its bilinear weight, and the derivatives of that by x and y (0 where the coordinate is clamped). */
  weight: number;
  weightByX: number;
  weightByY: number;
}

/** Visits every pixel inside the image around every place. The corner is overwritten by the next. */
function forEachCorner(
  coordinates: Float32Array,
  [batch, height, width]: number[],
  padding: SamplePadding,
  visit: (place: number, corner: Corner) => void,
): void {
  const [lastColumn, lastRow] = [width! - 1, height! - 1];
  const places = coordinates.length / 2;
  const placesPerSample = places / batch!;
  const corner: Corner = { pixel: 0, weight: 0, weightByX: 0, weightByY: 0 };
  for (let place = 0; place < places; place++) {
    const sample = Math.floor(place / placesPerSample);
    let [x, y] = [coordinates[2 * place]!, coordinates[2 * place + 1]!];
    let [slopeX, slopeY] = [1, 1];
    if (padding === 'border') {
      if (x < 0 || x > lastColumn) [x, slopeX] = [Math.min(Math.max(x, 0), lastColumn), 0];
      if (y < 0 || y > lastRow) [y, slopeY] = [Math.min(Math.max(y, 0), lastRow), 0];
    }
    const [left, top] = [Math.floor(x), Math.floor(y)];
    for (let index = 0; index < 4; index++) {
      const [stepX, stepY] = [index & 1, index >> 1];
      let [column, row] = [left + stepX, top + stepY];
      if (padding === 'border') {
        [column, row] = [Math.min(column, lastColumn), Math.min(row, lastRow)];
      } else if (!(column >= 0 && column <= lastColumn && row >= 0 && row <= lastRow)) {
        continue;
      }
      const alongX = stepX ? x - left : 1 - (x - left);
      const alongY = stepY ? y - top : 1 - (y - top);
      corner.pixel = (sample * height! + row) * width! + column;
      corner.weight = Math.fround(alongX * alongY);
      corner.weightByX = Math.fround(slopeX * (stepX ? 1 : -1) * alongY);
      corner.weightByY = Math.fround(slopeY * (stepY ? 1 : -1) * alongX);
      visit(place, corner);
    }
  }
}
