import { registerKernel } from '@tensorflow/tfjs-core';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { SamplePadding } from './grid-sample.js';

/** The part of the TensorFlow.js `cpu` backend that these kernels touch. */
interface CpuBackend extends KernelBackend {
  data: { get(dataId: object): { values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): TensorInfo;
}

type Visit = (place: number) => void;

interface Corners {
  /** Pixel index (of `[B, H, W]`) of each of the four neighbours, -1 outside. */
  pixel: Int32Array;
  /**
   * Bilinear weight of each neighbour, and its derivatives by x and y (0 where the coordinate is clamped).
   */
  weight: Float32Array;
  weightByX: Float32Array;
  weightByY: Float32Array;
}

/** Calls `visit` for every output place, with `corners` filled for it. */
function forEachPlace(
  coordinates: Float32Array,
  [batch, height, width]: number[],
  places: number,
  padding: SamplePadding,
  corners: Corners,
  visit: Visit,
): void {
  const placesPerSample = places / batch!;
  const { pixel, weight, weightByX, weightByY } = corners;
  for (let place = 0; place < places; place++) {
    const sample = Math.floor(place / placesPerSample);
    let x = coordinates[2 * place]!;
    let y = coordinates[2 * place + 1]!;
    let [freeX, freeY] = [1, 1];
    if (padding === 'border') {
      if (x < 0 || x > width! - 1) {
        freeX = 0;
        x = Math.min(Math.max(x, 0), width! - 1);
      }
      if (y < 0 || y > height! - 1) {
        freeY = 0;
        y = Math.min(Math.max(y, 0), height! - 1);
      }
    }
    const [left, top] = [Math.floor(x), Math.floor(y)];
    for (let corner = 0; corner < 4; corner++) {
      const [stepX, stepY] = [corner & 1, corner >> 1];
      let [column, row] = [left + stepX, top + stepY];
      const inside = column >= 0 && column < width! && row >= 0 && row < height!;
      if (padding === 'border') {
        column = Math.min(column, width! - 1);
        row = Math.min(row, height! - 1);
      }
      pixel[corner] = inside || padding === 'border' ? (sample * height! + row) * width! + column : -1;
      const alongX = stepX ? x - left : 1 - (x - left);
      const alongY = stepY ? y - top : 1 - (y - top);
      weight[corner] = alongX * alongY;
      weightByX[corner] = freeX * (stepX ? 1 : -1) * alongY;
      weightByY[corner] = freeY * (stepY ? 1 : -1) * alongX;
    }
    visit(place);
  }
}

const newCorners = (): Corners => ({
  pixel: new Int32Array(4),
  weight: new Float32Array(4),
  weightByX: new Float32Array(4),
  weightByY: new Float32Array(4),
});

const elements = (shape: number[]) => shape.reduce((product, size) => product * size, 1);

/** Registers `GridSample` and its two gradients for the TensorFlow.js `cpu` backend. */
export function registerCpuGridSample(): void {
  const valuesOf = (backend: unknown, tensor: TensorInfo) =>
    (backend as CpuBackend).data.get(tensor.dataId).values;

  registerKernel({
    kernelName: 'GridSample',
    backendName: 'cpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { image, coordinates } = inputs as { image: TensorInfo; coordinates: TensorInfo };
      const outShape = [...coordinates.shape.slice(0, 3), image.shape[3]!];
      const [pixels, channels, out, corners] = [
        valuesOf(backend, image),
        image.shape[3]!,
        new Float32Array(elements(outShape)),
        newCorners(),
      ];
      forEachPlace(
        valuesOf(backend, coordinates),
        image.shape,
        elements(coordinates.shape) / 2,
        attrs!['padding'] as SamplePadding,
        corners,
        (place) => {
          for (let corner = 0; corner < 4; corner++) {
            if (corners.pixel[corner]! < 0) continue;
            const from = corners.pixel[corner]! * channels;
            for (let channel = 0; channel < channels; channel++) {
              out[place * channels + channel]! += corners.weight[corner]! * pixels[from + channel]!;
            }
          }
        },
      );
      return (backend as CpuBackend).makeTensorInfo(outShape, 'float32', out);
    },
  });

  registerKernel({
    kernelName: 'GridSampleImageGrad',
    backendName: 'cpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dy, coordinates } = inputs as { dy: TensorInfo; coordinates: TensorInfo };
      const imageShape = attrs!['imageShape'] as number[];
      const [gradient, channels, out, corners] = [
        valuesOf(backend, dy),
        imageShape[3]!,
        new Float32Array(elements(imageShape)),
        newCorners(),
      ];
      forEachPlace(
        valuesOf(backend, coordinates),
        imageShape,
        elements(coordinates.shape) / 2,
        attrs!['padding'] as SamplePadding,
        corners,
        (place) => {
          for (let corner = 0; corner < 4; corner++) {
            if (corners.pixel[corner]! < 0) continue;
            const to = corners.pixel[corner]! * channels;
            for (let channel = 0; channel < channels; channel++) {
              out[to + channel]! += corners.weight[corner]! * gradient[place * channels + channel]!;
            }
          }
        },
      );
      return (backend as CpuBackend).makeTensorInfo(imageShape, 'float32', out);
    },
  });

  registerKernel({
    kernelName: 'GridSampleCoordinatesGrad',
    backendName: 'cpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dy, image, coordinates } = inputs as {
        dy: TensorInfo;
        image: TensorInfo;
        coordinates: TensorInfo;
      };
      const [gradient, pixels, channels] = [valuesOf(backend, dy), valuesOf(backend, image), image.shape[3]!];
      const [out, corners] = [new Float32Array(elements(coordinates.shape)), newCorners()];
      forEachPlace(
        valuesOf(backend, coordinates),
        image.shape,
        elements(coordinates.shape) / 2,
        attrs!['padding'] as SamplePadding,
        corners,
        (place) => {
          for (let corner = 0; corner < 4; corner++) {
            if (corners.pixel[corner]! < 0) continue;
            const from = corners.pixel[corner]! * channels;
            let product = 0;
            for (let channel = 0; channel < channels; channel++) {
              product += gradient[place * channels + channel]! * pixels[from + channel]!;
            }
            out[2 * place]! += corners.weightByX[corner]! * product;
            out[2 * place + 1]! += corners.weightByY[corner]! * product;
          }
        },
      );
      return (backend as CpuBackend).makeTensorInfo(coordinates.shape, 'float32', out);
    },
  });
}
