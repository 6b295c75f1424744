import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';

/**
 * Nearer than this to a line through pixel centres, two processors may find a position on either side of it.
 */
export const clearDistancePixels = 0.05;

/**
 * Computes on the backend `cpu`, and tells how near any position that an image is sampled at comes to a line
 * through pixel centres. There the gradient of bilinear sampling jumps, so that two engines that differ in
 * the last bit differ in it altogether.
 *
 * @returns `distancePixels`: the least distance along x or y; Infinity where nothing is sampled.
 */
export async function withSampledPositions<T>(
  compute: () => Promise<T>,
): Promise<{ result: T; distancePixels: number }> {
  const original: KernelConfig = getKernel('GridSample', 'cpu');
  let distancePixels = Infinity;
  const kernelFunc: KernelFunc = (call) => {
    const { image, coordinates } = call.inputs as { image: TensorInfo; coordinates: TensorInfo };
    const { values } = (call.backend as { data: { get(id: object): { values: Float32Array } } }).data.get(
      coordinates.dataId,
    );
    const [, height, width] = image.shape as [number, number, number];
    values.forEach(
      (position, index) =>
        (distancePixels = Math.min(
          distancePixels,
          distanceToCentres(position, index % 2 === 0 ? width : height),
        )),
    );
    return original.kernelFunc(call);
  };
  replaceKernel({ ...original, kernelFunc });
  try {
    return { result: await compute(), distancePixels };
  } finally {
    replaceKernel(original);
  }
}

/** From the nearest of -1, 0 ... size: beyond the first pixel outside nothing changes any more. */
function distanceToCentres(position: number, size: number): number {
  return Math.abs(position - Math.min(Math.max(Math.round(position), -1), size));
}

function replaceKernel(kernel: KernelConfig): void {
  unregisterKernel('GridSample', 'cpu');
  registerKernel(kernel);
}
