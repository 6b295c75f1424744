import { orientationsBetween, matrixOf, type Orientation } from './rotation.js';
import type { PanoramaLevel } from './panorama.js';
import { fullReading, openSensor, trimSheet, type Viewfinder } from './perspective.js';

/** What the values are in that an exposure averages: the picture's own display values, or light. */
export type AveragingSpace = 'display' | 'linear-srgb' | 'linear-gamma-2.2';

export const averagingSpaces: readonly AveragingSpace[] = ['display', 'linear-srgb', 'linear-gamma-2.2'];

/** Light (0..1) of a display value (0..1), per averaging space, and back. */
export const transferFunctions: Record<
  AveragingSpace,
  { lightOf: (display: number) => number; displayOf: (light: number) => number }
> = {
  display: { lightOf: (display) => display, displayOf: (light) => light },
  'linear-srgb': {
    lightOf: (display) => (display <= 0.04045 ? display / 12.92 : ((display + 0.055) / 1.055) ** 2.4),
    displayOf: (light) => (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055),
  },
  'linear-gamma-2.2': { lightOf: (display) => display ** 2.2, displayOf: (light) => light ** (1 / 2.2) },
};

/** Turns values of an averaging space into display values, in place. */
export function makeDisplayValues(values: Float32Array, averaging: AveragingSpace): Float32Array {
  if (averaging === 'display') return values;
  const { displayOf } = transferFunctions[averaging];
  for (let i = 0; i < values.length; i++) values[i] = displayOf(values[i]!);
  return values;
}

/**
 * How many frames to render for an exposure: n = c * |angle| (Argaw et al., section 3), with c the pixels per
 * radian of the fastest pixel over the wanted step, rounded up so that the output frames at even times are
 * among the rendered ones.
 *
 * @param fastestPixels how far the fastest pixel moves during the exposure.
 * @param frames N >= 2, the number of output frames.
 * @param stepPixels the largest move wanted between neighbouring renders.
 * @returns n >= N with n - 1 a multiple of N - 1.
 */
export function renderCount(fastestPixels: number, frames: number, stepPixels: number): number {
  const intervals = frames - 1;
  return Math.max(Math.ceil(fastestPixels / stepPixels / intervals), 1) * intervals + 1;
}

export interface Exposure {
  /** `height * width * 3` values: the mean of all rendered frames. */
  blurred: Float32Array;
  /** The N latent frames, in time order. */
  frames: Float32Array[];
}

const largestRenderCount = 4096;

/**
 * Opens the shutter while the camera turns from one orientation to the other at constant angular speed:
 * renders `renderedFrames` pictures, keeps `frames` of them at even times and averages all of them with equal
 * weights. Readings are integers, so the sum is exact; it is divided once.
 *
 * @param response turns sampled display values into readings in the averaging space; frames and average come
 * in that space.
 * @param renderedFrames n, with n - 1 a multiple of frames - 1 (see `renderCount`).
 * @throws RangeError for more than 4096 rendered frames.
 */
export function expose(
  level: PanoramaLevel,
  viewfinder: Viewfinder,
  response: Uint32Array,
  { first, last }: { first: Orientation; last: Orientation },
  { frames, renderedFrames }: { frames: number; renderedFrames: number },
): Exposure {
  if (renderedFrames > largestRenderCount) {
    throw new RangeError(
      `Expected an exposure of at most ${largestRenderCount} rendered frames but it takes ${renderedFrames}; use a smaller angle or a larger stepPixels.`,
    );
  }
  const sensor = openSensor(level, viewfinder, response, 2);
  const [sums, latent] = sensor.sheets as [Uint32Array, Uint32Array];
  const toMean = (sheet: Uint32Array, count: number): Float32Array =>
    meanOfReadings(trimSheet(sheet, viewfinder), count);
  const kept: Float32Array[] = [];
  const rendersPerFrame = (renderedFrames - 1) / (frames - 1);
  for (const [index, orientation] of orientationsBetween(first, last, renderedFrames).entries()) {
    if (index % rendersPerFrame !== 0) {
      sensor.expose(0, matrixOf(orientation));
      continue;
    }
    latent.fill(0);
    sensor.expose(1, matrixOf(orientation));
    for (let i = 0; i < sums.length; i++) sums[i]! += latent[i]!;
    kept.push(toMean(latent, 1));
  }
  return { blurred: toMean(sums, renderedFrames), frames: kept };
}

/** Sums of `count` readings (see `createResponse`) as mean values in [0, 1]. */
export function meanOfReadings(readings: Uint32Array, count: number): Float32Array {
  const scale = count * fullReading;
  const mean = new Float32Array(readings.length);
  for (let i = 0; i < mean.length; i++) mean[i] = readings[i]! / scale;
  return mean;
}
