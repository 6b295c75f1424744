import { photoFamily, type PhotoConfig, type WeightValues } from '@unblur/core-model';
import type { RgbImage } from '../raster.js';

/** The photo network at a tenth of its widths. */
export const tinyConfig: PhotoConfig = {
  channels: [4, 6, 8, 8],
  encoderBlocks: [1, 1, 1],
  bottleneckBlocks: 1,
  decoderBlocks: [1, 1, 1],
  trajectoryChannels: 4,
  trajectoryBlocks: 1,
  frameChannels: 4,
  frameBlocks: 1,
};

/**
 * Starting weights, whose heads predict nothing, with those heads filled: frames and motions are none of the
 * trivial ones.
 */
export function filledWeights(config: PhotoConfig): WeightValues {
  const weights = photoFamily.initialWeights(config, 5);
  let state = 99;
  for (const [name, { values }] of Object.entries(weights)) {
    if (values.some((value) => value !== 0)) continue;
    const scale = name.startsWith('trajectory.predict') ? 1 : 0.1;
    for (let i = 0; i < values.length; i++) {
      values[i] = ((state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff - 0.5) * scale;
    }
  }
  return weights;
}

/** A weights file of the tiny network. */
export const tinyWeights = (): Uint8Array =>
  photoFamily.writeWeights(filledWeights(tinyConfig), tinyConfig, { dtype: 'float32' });

/** Slow waves. */
export function photograph(width: number, height: number): RgbImage {
  return {
    width,
    height,
    data: Float32Array.from(
      { length: width * height * 3 },
      (_, i) => 0.5 + 0.3 * Math.sin((i % (3 * width)) / 60 + (i % 3)) * Math.cos(i / (3 * width) / 5),
    ),
  };
}

export function largestDifference(a: RgbImage, b: RgbImage): number {
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) largest = Math.max(largest, Math.abs(a.data[i]! - b.data[i]!));
  return largest;
}

/** Finite weights whose sums are not. */
export const diverged = (weights: WeightValues): WeightValues =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { shape, values }]) => [
      name,
      { shape, values: values.map((_, index) => (index % 3 === 0 ? -1e37 : 1e37)) },
    ]),
  );
