import { blurToVideoPresets, initialWeights, type BlurToVideoConfig, type WeightValues } from '@unblur/core-model';
import type { RgbImage } from './raster.js';

/** The `small` preset's parts at a tenth of its widths. */
export const tinyConfig: BlurToVideoConfig = {
  ...blurToVideoPresets.small,
  encoderChannels: [4, 4, 8, 8, 8],
  middleDecoder: { upscaledChannels: [0, 4, 4, 8, 8], denseChannels: [[], [4], [4], [8], [8]] },
  frameDecoder: { upscaledChannels: [0, 4, 4, 4, 4], denseChannels: [[], [4], [4], [4], [4]] },
  motionDecoder: { upscaledChannels: [0, 0, 0, 4, 4], denseChannels: [[], [], [], [4], [4]] },
  frameConfidence: { channels: [4, 4, 8] },
  scaleFusion: null,
  refiner: [{ channels: 4, dilation: 2 }],
};

/**
 * Starting weights, whose heads predict nothing, with those heads filled: all of them for frames and motions that are none of the trivial
 * ones, or those whose names match.
 */
export function livelyWeights(network: BlurToVideoConfig, heads = /./): WeightValues {
  const weights = initialWeights(network, 5);
  let state = 99;
  for (const [name, { values }] of Object.entries(weights)) {
    if (!heads.test(name) || values.some((value) => value !== 0)) continue;
    for (let i = 0; i < values.length; i++) values[i] = ((state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff - 0.5) * 0.1;
  }
  return weights;
}

/** Slow waves. */
export function photograph(width: number, height: number): RgbImage {
  return { width, height, data: Float32Array.from({ length: width * height * 3 }, (_, i) => 0.5 + 0.3 * Math.sin((i % (3 * width)) / 60 + (i % 3)) * Math.cos(i / (3 * width) / 5)) };
}

export function largestDifference(a: RgbImage, b: RgbImage): number {
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) largest = Math.max(largest, Math.abs(a.data[i]! - b.data[i]!));
  return largest;
}
