import {
  clipFamily,
  videoDeblurFamily,
  videoDeblurPresets,
  type ClipConfig,
  type NetworkFamily,
  type VideoDeblurConfig,
  type WeightValues,
} from '@unblur/core-model';
import { narrowedClip } from '../../../core-model/src/clip/narrowed-clip.test-tool.js';
import type { RgbImage } from '../raster.js';

/**
 * The `small` preset's flow network and a reconstruction like the published one, at a tenth of their widths.
 */
export const tinyVideoConfig: VideoDeblurConfig = {
  ...videoDeblurPresets.small,
  flow: {
    ...videoDeblurPresets.small.flow,
    pyramidChannels: [4, 4, 4],
    pyramidConvolutions: 1,
    finestLevel: 2,
    searchRadiusPixels: 2,
    denseChannels: [4],
    refiner: [],
    alignment: [{ level: 1, iterations: 1 }],
  },
  reconstruction: {
    kernelSize: 3,
    channels: [4, 4, 4],
    residualBlocks: [1, 1, 1],
    finestLevel: 1,
    residualImage: true,
  },
  scaleFusion: null,
};

/** Frames made sharp at two scales, by the preset's reconstruction at a tenth of its widths. */
export const tinyFusionConfig: VideoDeblurConfig = {
  ...tinyVideoConfig,
  reconstruction: {
    encoderChannels: [3, 3, 4, 4, 4],
    middleDecoder: { upscaledChannels: [0, 2, 2, 2, 2], denseChannels: [[], [3, 3], [3], [3], [3]] },
    refiner: [{ channels: 3, dilation: 1 }],
    exposureRefiner: { iterations: 1, times: 2, channels: [3] },
  },
  scaleFusion: { scales: 2, channels: [4] },
};

export const livelyVideoWeights = (config: VideoDeblurConfig): WeightValues =>
  livelyWeights(videoDeblurFamily, config);

/** Starting weights with their zeros filled, for flows and frames that are none of the trivial ones. */
export function livelyWeights<Config>(family: NetworkFamily<Config>, config: Config): WeightValues {
  const weights = family.initialWeights(config, 5);
  let state = 99;
  for (const { values } of Object.values(weights)) {
    if (values.some((value) => value !== 0)) continue;
    for (let i = 0; i < values.length; i++) {
      values[i] = ((state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff - 0.5) * 0.2;
    }
  }
  return weights;
}

export const tinyVideoFile = (config = tinyVideoConfig): Uint8Array =>
  videoDeblurFamily.writeWeights(livelyVideoWeights(config), config, { dtype: 'float32' });

/**
 * Lively but for the corrections of motion: random ones would make of a second pass's rounding another motion,
 * where what is found without them holds.
 */
export function livelyClipWeights(config: ClipConfig): WeightValues {
  const weights = livelyWeights(clipFamily, config);
  for (const [name, { values }] of Object.entries(weights)) {
    if (/^motion\d\.correct/.test(name)) values.fill(0);
  }
  return weights;
}

export const tinyClipFile = (config = narrowedClip()): Uint8Array =>
  clipFamily.writeWeights(livelyClipWeights(config), config, { dtype: 'float32' });

/** Waves that move to the right, `speed` pixels from frame to frame. */
export function movingWaves(width: number, height: number, count: number, speed = 2): RgbImage[] {
  return Array.from({ length: count }, (_, frame) => ({
    width,
    height,
    data: Float32Array.from({ length: width * height * 3 }, (_value, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / (3 * width))];
      return (
        Math.round(255 * (0.5 + 0.4 * Math.sin((x - speed * frame) / 5 + (i % 3)) * Math.cos(y / 7))) / 255
      );
    }),
  }));
}
