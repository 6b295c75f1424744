import {
  add,
  addN,
  cast,
  clipByValue,
  concat,
  customGrad,
  engine,
  floor,
  gather,
  getBackend,
  getKernel,
  greaterEqual,
  lessEqual,
  logicalAnd,
  mul,
  neg,
  onesLike,
  registerGradient,
  reshape,
  slice,
  sub,
  sum,
  tensor4d,
  unsortedSegmentSum,
} from '@tensorflow/tfjs-core';
import type {
  GradSaveFunc,
  NamedTensorMap,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor4D,
} from '@tensorflow/tfjs-core';
import { registerCpuGridSample } from './grid-sample-cpu.js';
import { registerWasmGridSample } from './grid-sample-wasm.js';
import { registerWebGlGridSample } from './grid-sample-webgl.js';
import { registerWebGpuGridSample } from './grid-sample-webgpu.js';
import type { SamplePadding } from './sample-padding.js';

registerCpuGridSample();
registerWasmGridSample();
registerWebGlGridSample();
registerWebGpuGridSample();

registerGradient({
  kernelName: 'GridSample',
  inputsToSave: ['image', 'coordinates'],
  gradFunc: (dy, saved, attrs) => {
    const [image, coordinates] = saved as [Tensor4D, Tensor4D];
    const padding = attrs['padding'] as SamplePadding;
    if (!getKernel('GridSampleImageGrad', getBackend())) {
      return {
        image: () => composeImageGradient(dy as Tensor, image, coordinates, padding),
        coordinates: () => composeCoordinatesGradient(dy as Tensor, image, coordinates, padding),
      };
    }
    return {
      image: () =>
        runKernel(
          'GridSampleImageGrad',
          { dy: dy as Tensor, coordinates },
          { imageShape: image.shape, padding },
        ),
      coordinates: () =>
        runKernel('GridSampleCoordinatesGrad', { dy: dy as Tensor, image, coordinates }, { padding }),
    };
  },
});

/**
 * Bilinear sampling of an image (or feature map) at given places: the sampler of a spatial transformer
 * (Jaderberg et al. 2015, Eq. 5).
 *
 * One kernel, `GridSample`, on the backends `cpu`, `wasm`, `webgl` and `webgpu` and where another registers
 * it, on `cpu` with kernels for its gradient; elsewhere a composition of TensorFlow.js ops with the same
 * values and gradients.
 *
 * @param image `[B, H, W, C]`.
 * @param coordinatesPixels `[B, h, w, 2]`: (x, y) in pixels of `image`, pixel centres at integers.
 * @param padding what lies outside: `border` repeats the edge (the gradient of a clamped coordinate is 0),
 * `zeros` is 0.
 * @returns `[B, h, w, C]`.
 * @throws if a rank, the batch or the last dimension does not fit.
 */
export function gridSample(
  image: Tensor4D,
  coordinatesPixels: Tensor4D,
  padding: SamplePadding = 'border',
): Tensor4D {
  if (
    image.rank !== 4 ||
    coordinatesPixels.rank !== 4 ||
    coordinatesPixels.shape[3] !== 2 ||
    image.shape[0] !== coordinatesPixels.shape[0]
  ) {
    throw new Error(
      `Expected an image [B, H, W, C] and coordinates [B, h, w, 2] for gridSample but received [${image.shape}] and [${coordinatesPixels.shape}].`,
    );
  }
  return getKernel('GridSample', getBackend())
    ? runKernel('GridSample', { image, coordinates: coordinatesPixels }, { padding })
    : composeGridSample(image, coordinatesPixels, padding);
}

function runKernel(name: string, inputs: Record<string, Tensor>, attrs: Record<string, unknown>): Tensor4D {
  return engine().runKernel(name, inputs as unknown as NamedTensorMap, attrs as never) as Tensor4D;
}

/**
 * `gridSample` from ops that every backend has: four gathers of whole pixels, weighted. Its gradients are
 * given, since TensorFlow.js would try to differentiate the indices of a gather.
 */
export function composeGridSample(
  image: Tensor4D,
  coordinatesPixels: Tensor4D,
  padding: SamplePadding,
): Tensor4D {
  const sample = customGrad(((pixels: Tensor, coordinates: Tensor, save: GradSaveFunc) => {
    save([pixels, coordinates]);
    const value = addN(
      cornersOf(coordinates as Tensor4D, image.shape, padding).map(({ index, weight }) =>
        mul(gatherPixels(pixels as Tensor4D, index, coordinates.shape), weight),
      ),
    );
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [savedImage, savedCoordinates] = saved as [Tensor4D, Tensor4D];
      return [
        composeImageGradient(dy, savedImage, savedCoordinates, padding),
        composeCoordinatesGradient(dy, savedImage, savedCoordinates, padding),
      ];
    };
    return { value, gradFunc };
  }) as Parameters<typeof customGrad>[0]);
  return sample(image, coordinatesPixels) as Tensor4D;
}

function composeImageGradient(
  dy: Tensor,
  image: Tensor4D,
  coordinates: Tensor4D,
  padding: SamplePadding,
): Tensor {
  const [batch, height, width, channels] = image.shape;
  const corners = cornersOf(coordinates, image.shape, padding);
  return reshape(
    addN(
      corners.map(({ index, weight }) =>
        unsortedSegmentSum(
          reshape(mul(dy, weight), [-1, channels]) as Tensor2D,
          index,
          batch * height * width,
        ),
      ),
    ),
    image.shape,
  );
}

function composeCoordinatesGradient(
  dy: Tensor,
  image: Tensor4D,
  coordinates: Tensor4D,
  padding: SamplePadding,
): Tensor {
  const corners = cornersOf(coordinates, image.shape, padding);
  const products = corners.map(({ index }) =>
    sum(mul(dy, gatherPixels(image, index, coordinates.shape)), 3, true),
  );
  const along = (axis: 'weightByX' | 'weightByY') =>
    addN(corners.map((corner, position) => mul(products[position]!, corner[axis])));
  return concat([along('weightByX'), along('weightByY')], 3);
}

interface Corner {
  /** Pixel of `[B, H, W]`, for every place in one list. */
  index: Tensor1D;
  /** Bilinear weight of every place `[B, h, w, 1]`, and its derivatives by x and y. */
  weight: Tensor;
  weightByX: Tensor;
  weightByY: Tensor;
}

function cornersOf(
  coordinates: Tensor4D,
  [batch, height, width]: number[],
  padding: SamplePadding,
): Corner[] {
  const channelOf = (index: number) => slice(coordinates, [0, 0, 0, index], [-1, -1, -1, 1]);
  const within = (x: Tensor, size: number) =>
    cast(logicalAnd(greaterEqual(x, 0), lessEqual(x, size - 1)), 'float32');
  const axis = (raw: Tensor, size: number) => {
    const clamped = padding === 'border' ? clipByValue(raw, 0, size - 1) : raw;
    const low = floor(clamped);
    const fraction = sub(clamped, low);
    const free = padding === 'border' ? within(raw, size) : onesLike(raw);
    return [
      { at: low, weight: sub(1, fraction), slope: neg(free) },
      { at: add(low, 1), weight: fraction, slope: free },
    ].map(({ at, weight, slope }) => {
      const seen = padding === 'border' ? onesLike(at) : within(at, size);
      return { at: clipByValue(at, 0, size - 1), weight: mul(weight, seen), slope: mul(slope, seen) };
    });
  };
  const firstPixel = tensor4d(
    Array.from({ length: batch! }, (_, sample) => sample * height! * width!),
    [batch!, 1, 1, 1],
  );
  const columns = axis(channelOf(0), width!);
  return axis(channelOf(1), height!).flatMap((row) =>
    columns.map((column) => ({
      index: reshape(cast(add(add(mul(row.at, width!), column.at), firstPixel), 'int32'), [-1]) as Tensor1D,
      weight: mul(row.weight, column.weight),
      weightByX: mul(row.weight, column.slope),
      weightByY: mul(row.slope, column.weight),
    })),
  );
}

function gatherPixels(image: Tensor4D, index: Tensor1D, [batch, outHeight, outWidth]: number[]): Tensor {
  const channels = image.shape[3];
  return reshape(gather(reshape(image, [-1, channels]), index), [batch!, outHeight!, outWidth!, channels]);
}
