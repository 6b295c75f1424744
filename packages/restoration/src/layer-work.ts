import type { LayerCost } from '@unblur/core-model';

/** Multiply-adds that layers take for each pixel of a picture, every layer run once. */
export function multiplyAddsPerPixel(costs: readonly LayerCost[]): number {
  return costs.reduce(
    (sum, { level, multiplyAddsPerOutputPixel }) =>
      sum + multiplyAddsPerOutputPixel / 4 ** (level ?? Infinity),
    0,
  );
}
