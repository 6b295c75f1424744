import { add, clipByValue, engine, floor, gather, getBackend, getKernel, cast, greaterEqual, lessEqual, logicalAnd, mul, registerGradient, reshape, slice, sub, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { registerCpuGridSample } from './grid-sample-cpu.js';

/** What a sample outside the image sees: the nearest edge pixel, or nothing. */
export type SamplePadding = 'border' | 'zeros';

registerCpuGridSample();

registerGradient({
  kernelName: 'GridSample',
  inputsToSave: ['image', 'coordinates'],
  gradFunc: (dy, saved, attrs) => {
    const [image, coordinates] = saved as [Tensor4D, Tensor4D];
    const padding = attrs['padding'] as SamplePadding;
    return {
      image: () => runKernel('GridSampleImageGrad', { dy: dy as Tensor, coordinates }, { imageShape: image.shape, padding }),
      coordinates: () => runKernel('GridSampleCoordinatesGrad', { dy: dy as Tensor, image, coordinates }, { padding }),
    };
  },
});

/**
 * Bilinear sampling of an image (or feature map) at given places: the sampler of a spatial transformer
 * (Jaderberg et al. 2015, Eq. 5).
 *
 * One kernel, `GridSample`, with its own gradient where the active backend has it; elsewhere a composition of
 * TensorFlow.js ops with the same values and gradients.
 *
 * @param image `[B, H, W, C]`.
 * @param coordinatesPixels `[B, h, w, 2]`: (x, y) in pixels of `image`, pixel centres at integers.
 * @param padding what lies outside: `border` repeats the edge (the gradient of a clamped coordinate is 0), `zeros` is 0.
 * @returns `[B, h, w, C]`.
 * @throws if a rank, the batch or the last dimension does not fit.
 */
export function gridSample(image: Tensor4D, coordinatesPixels: Tensor4D, padding: SamplePadding = 'border'): Tensor4D {
  if (image.rank !== 4 || coordinatesPixels.rank !== 4 || coordinatesPixels.shape[3] !== 2 || image.shape[0] !== coordinatesPixels.shape[0]) {
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

/** `gridSample` from ops that every backend has: four gathers of whole pixels, weighted. */
export function composeGridSample(image: Tensor4D, coordinatesPixels: Tensor4D, padding: SamplePadding): Tensor4D {
  return tidy(() => {
    const [batch, height, width, channels] = image.shape;
    const [, outHeight, outWidth] = coordinatesPixels.shape;
    const channelOf = (index: number) => slice(coordinatesPixels, [0, 0, 0, index], [-1, -1, -1, 1]);
    const [rawX, rawY] = [channelOf(0), channelOf(1)];
    const x = padding === 'border' ? clipByValue(rawX, 0, width - 1) : rawX;
    const y = padding === 'border' ? clipByValue(rawY, 0, height - 1) : rawY;
    const [left, top] = [floor(x), floor(y)];
    const [weightRight, weightBottom] = [sub(x, left), sub(y, top)];
    const pixels = reshape(image, [batch * height * width, channels]);
    const firstPixel = tensor4d(Array.from({ length: batch }, (_, sample) => sample * height * width), [batch, 1, 1, 1]);
    const corner = (cornerX: Tensor, cornerY: Tensor, weight: Tensor) => {
      const column = clipByValue(cornerX, 0, width - 1);
      const row = clipByValue(cornerY, 0, height - 1);
      const index = cast(add(add(mul(row, width), column), firstPixel), 'int32');
      const values = reshape(gather(pixels, reshape(index, [-1])), [batch, outHeight, outWidth, channels]);
      if (padding === 'border') return mul(values, weight);
      const inside = logicalAnd(
        logicalAnd(greaterEqual(cornerX, 0), lessEqual(cornerX, width - 1)),
        logicalAnd(greaterEqual(cornerY, 0), lessEqual(cornerY, height - 1)),
      );
      return mul(values, mul(weight, cast(inside, 'float32')));
    };
    const [right, bottom] = [add(left, 1), add(top, 1)];
    const [weightLeft, weightTop] = [sub(1, weightRight), sub(1, weightBottom)];
    return add(
      add(corner(left, top, mul(weightLeft, weightTop)), corner(right, top, mul(weightRight, weightTop))),
      add(corner(left, bottom, mul(weightLeft, weightBottom)), corner(right, bottom, mul(weightRight, weightBottom))),
    ) as Tensor4D;
  });
}
