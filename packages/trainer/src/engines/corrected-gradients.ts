import {
  engine,
  getGradient,
  matMul,
  registerGradient,
  reshape,
  tensor2d,
  unregisterGradient,
} from '@tensorflow/tfjs-core';
import type {
  GradConfig,
  GradFunc,
  NamedAttrMap,
  NamedTensorMap,
  Tensor,
  Tensor2D,
  Tensor4D,
} from '@tensorflow/tfjs-core';
import { bilinearMatrix, nearestMatrix } from '@unblur/onnx';

/**
 * While `body` runs, gradients that TensorFlow.js 4.22 has wrong, or has not, are right on every backend: of
 * bilinear resizing with half-pixel centres (its kernels leave out the shift), of nearest-neighbour resizing
 * (that of `cpu` is wrong after the first image of a batch), and of dilated convolutions (it refuses them).
 */
export function withCorrectedGradients<T>(body: () => T): T {
  const [bilinear, nearest, convolution] = ['ResizeBilinear', 'ResizeNearestNeighbor', 'Conv2D'].map(
    (kernelName) => getGradient(kernelName)!,
  ) as [GradConfig, GradConfig, GradConfig];
  const resizing =
    (matrixOf: typeof bilinearMatrix): GradFunc =>
    (dy, saved, attrs) => ({
      images: () => resizeGradient(dy as Tensor4D, saved[0] as Tensor4D, attrs, matrixOf),
    });
  const convolving: GradFunc = (dy, saved, attrs) =>
    isDilated(attrs)
      ? dilatedGradient(dy as Tensor4D, saved as [Tensor4D, Tensor4D], attrs)
      : convolution.gradFunc(dy, saved, attrs);
  replaceGradients([
    { ...bilinear, gradFunc: resizing(bilinearMatrix) },
    { ...nearest, gradFunc: resizing(nearestMatrix) },
    { ...convolution, gradFunc: convolving },
  ]);
  try {
    return body();
  } finally {
    replaceGradients([bilinear, nearest, convolution]);
  }
}

function replaceGradients(configs: readonly GradConfig[]): void {
  for (const config of configs) {
    unregisterGradient(config.kernelName);
    registerGradient(config);
  }
}

/** Resizing multiplies by a matrix along each axis; its gradient multiplies by their transposes. */
function resizeGradient(
  dy: Tensor4D,
  { shape: [, height, width] }: Tensor4D,
  attrs: NamedAttrMap,
  matrixOf: typeof bilinearMatrix,
): Tensor4D {
  const [, outHeight, outWidth] = dy.shape;
  const settings = attrs as unknown as Parameters<typeof matrixOf>[2];
  const alongRows = tensor2d(matrixOf(height, outHeight, settings), [outHeight, height]);
  const alongColumns = tensor2d(matrixOf(width, outWidth, settings), [outWidth, width]);
  return multiplyAxes(dy, alongRows, alongColumns, true);
}

/**
 * Multiplies `[B, H, W, C]` by a matrix along its rows and one along its columns, or by their transposes. In
 * ranks that every backend can compute.
 */
function multiplyAxes(
  x: Tensor4D,
  alongRows: Tensor2D,
  alongColumns: Tensor2D,
  transposed: boolean,
): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const rows = matMul(alongRows, reshape(x, [batch, height, width * channels]), transposed);
  const newHeight = rows.shape[1]!;
  const columns = matMul(alongColumns, reshape(rows, [batch * newHeight, width, channels]), transposed);
  return reshape(columns, [batch, newHeight, columns.shape[1]!, channels]);
}

function isDilated({ dilations }: NamedAttrMap): boolean {
  return [dilations].flat().some((dilation) => dilation !== 1);
}

/** A dilated convolution is one with a filter that has zeros between its taps. */
function dilatedGradient(
  dy: Tensor4D,
  [x, filter]: [Tensor4D, Tensor4D],
  attrs: NamedAttrMap,
): Record<string, () => Tensor> {
  const [vertical, horizontal] = [attrs['dilations']].flat() as [number, number | undefined];
  const [height, width, inChannels, outChannels] = filter.shape;
  const [rows, columns] = [spreading(height, vertical), spreading(width, horizontal ?? vertical)];
  const run = (kernelName: string, inputs: Record<string, Tensor>, shape: NamedAttrMap) =>
    engine().runKernel(kernelName, inputs as unknown as NamedTensorMap, {
      ...attrs,
      dilations: 1,
      ...shape,
    }) as Tensor4D;
  const oneImage = (taps: Tensor4D) =>
    reshape(taps, [1, taps.shape[0], taps.shape[1], inChannels * outChannels]) as Tensor4D;
  const filterShape: [number, number, number, number] = [
    rows.shape[0],
    columns.shape[0],
    inChannels,
    outChannels,
  ];
  return {
    x: () =>
      run(
        'Conv2DBackpropInput',
        { dy, filter: reshape(multiplyAxes(oneImage(filter), rows, columns, false), filterShape) },
        { inputShape: x.shape },
      ),
    filter: () =>
      reshape(
        multiplyAxes(oneImage(run('Conv2DBackpropFilter', { x, dy }, { filterShape })), rows, columns, true),
        filter.shape,
      ),
  };
}

/** The matrix that puts zeros between taps. */
function spreading(taps: number, dilation: number): Tensor2D {
  const size = (taps - 1) * dilation + 1;
  const matrix = new Float32Array(size * taps);
  for (let tap = 0; tap < taps; tap++) matrix[tap * dilation * taps + tap] = 1;
  return tensor2d(matrix, [size, taps]);
}
