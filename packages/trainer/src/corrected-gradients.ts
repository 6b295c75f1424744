import { engine, getGradient, matMul, pad, registerGradient, reshape, slice, tensor2d, unregisterGradient } from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, NamedTensorMap, Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/** How an axis is resized: the weight of each of the `from` pixels in each of the `to`, `[to, from]`. */
type AxisWeights = (from: number, to: number, attrs: { alignCorners: boolean; halfPixelCenters: boolean }) => Float32Array;

/**
 * While `body` runs, gradients that TensorFlow.js 4.22 has wrong, or has not, are right on every backend: of bilinear resizing with
 * half-pixel centres (its kernels leave out the shift), of nearest-neighbour resizing (that of `cpu` is wrong after the first image of a
 * batch), and of dilated convolutions (it refuses them).
 */
export function withCorrectedGradients<T>(body: () => T): T {
  const originals = ['ResizeBilinear', 'ResizeNearestNeighbor', 'Conv2D'].map((kernelName) => getGradient(kernelName)!);
  const [bilinear, nearest, convolution] = originals as [GradConfig, GradConfig, GradConfig];
  replaceGradients([
    { ...bilinear, gradFunc: (dy, saved, attrs) => ({ images: () => resizeGradient(dy as Tensor4D, saved[0] as Tensor4D, attrs, bilinearWeights) }) },
    { ...nearest, gradFunc: (dy, saved, attrs) => ({ images: () => resizeGradient(dy as Tensor4D, saved[0] as Tensor4D, attrs, nearestWeights) }) },
    {
      ...convolution,
      gradFunc: (dy, saved, attrs) => (isDilated(attrs) ? dilatedGradient(dy as Tensor4D, saved as [Tensor4D, Tensor4D], attrs) : convolution.gradFunc(dy, saved, attrs)),
    },
  ]);
  try {
    return body();
  } finally {
    replaceGradients(originals);
  }
}

function replaceGradients(configs: readonly GradConfig[]): void {
  for (const config of configs) {
    unregisterGradient(config.kernelName);
    registerGradient(config);
  }
}

/** Resizing multiplies by a matrix along each axis; its gradient multiplies by their transposes. */
function resizeGradient(dy: Tensor4D, { shape: [batch, height, width, channels] }: Tensor4D, attrs: NamedAttrMap, weightsOf: AxisWeights): Tensor4D {
  const [, outHeight, outWidth] = dy.shape;
  const settings = attrs as unknown as Parameters<AxisWeights>[2];
  const alongRows = tensor2d(weightsOf(height, outHeight, settings), [outHeight, height]);
  const alongColumns = tensor2d(weightsOf(width, outWidth, settings), [outWidth, width]);
  const rows = matMul(alongRows, reshape(dy, [batch, outHeight, outWidth * channels]), true);
  return reshape(matMul(alongColumns, reshape(rows, [batch * height, outWidth, channels]), true), [batch, height, width, channels]);
}

const bilinearWeights: AxisWeights = (from, to, { alignCorners, halfPixelCenters }) =>
  fillRows(from, to, (place) => {
    const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
    const position = Math.min(Math.max(halfPixelCenters ? (place + 0.5) * scale - 0.5 : place * scale, 0), from - 1);
    const low = Math.floor(position);
    return [[low, low + 1 - position], [Math.min(low + 1, from - 1), position - low]];
  });

const nearestWeights: AxisWeights = (from, to, { alignCorners, halfPixelCenters }) =>
  fillRows(from, to, (place) => {
    const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
    const position = halfPixelCenters ? (place + 0.5) * scale : place * scale;
    return [[Math.min(from - 1, alignCorners ? Math.round(position) : Math.floor(position)), 1]];
  });

/** @param weightsAt the pixels that a place is made of, with their weights. */
function fillRows(from: number, to: number, weightsAt: (place: number) => [pixel: number, weight: number][]): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let place = 0; place < to; place++) for (const [pixel, weight] of weightsAt(place)) matrix[place * from + pixel]! += weight;
  return matrix;
}

function isDilated({ dilations }: NamedAttrMap): boolean {
  return [dilations].flat().some((dilation) => dilation !== 1);
}

/** A dilated convolution is one with a filter that has zeros between its taps. */
function dilatedGradient(dy: Tensor4D, [x, filter]: [Tensor4D, Tensor4D], attrs: NamedAttrMap): Record<string, () => Tensor> {
  const [vertical, horizontal] = [attrs['dilations']].flat() as [number, number | undefined];
  const spread = [vertical, horizontal ?? vertical] as const;
  const [height, width, inChannels, outChannels] = filter.shape;
  const [wideHeight, wideWidth] = [(height - 1) * spread[0] + 1, (width - 1) * spread[1] + 1];
  const run = (kernelName: string, inputs: Record<string, Tensor>, shape: NamedAttrMap) => engine().runKernel(kernelName, inputs as unknown as NamedTensorMap, { ...attrs, dilations: 1, ...shape }) as Tensor;
  return {
    x: () => {
      const taps = pad(reshape(filter, [height, 1, width, 1, inChannels * outChannels]), [[0, 0], [0, spread[0] - 1], [0, 0], [0, spread[1] - 1], [0, 0]]);
      const wide = slice(reshape(taps, [height * spread[0], width * spread[1], inChannels, outChannels]), [0, 0, 0, 0], [wideHeight, wideWidth, inChannels, outChannels]);
      return run('Conv2DBackpropInput', { dy, filter: wide }, { inputShape: x.shape });
    },
    filter: () => {
      const wide = run('Conv2DBackpropFilter', { x, dy }, { filterShape: [wideHeight, wideWidth, inChannels, outChannels] }) as Tensor4D;
      const whole = pad(wide, [[0, spread[0] - 1], [0, spread[1] - 1], [0, 0], [0, 0]]);
      const taps = slice(reshape(whole, [height, spread[0], width, spread[1], inChannels * outChannels]), [0, 0, 0, 0, 0], [height, 1, width, 1, inChannels * outChannels]);
      return reshape(taps, [height, width, inChannels, outChannels]);
    },
  };
}
