import type { RgbImage } from '@unblur/metrics';
import { requireThat } from './option-checks.js';
import { drawByWeight, type Random } from './random.js';

/** The space in which an exposure is averaged: the picture's own display values, or light. */
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

/** Sums of `count` readings (see `createResponse`) as mean values in [0, 1]. */
export function meanOfReadings(readings: Uint32Array, count: number): Float32Array {
  const scale = count * fullReading;
  const mean = new Float32Array(readings.length);
  for (let i = 0; i < mean.length; i++) mean[i] = readings[i]! / scale;
  return mean;
}

/**
 * One averaging space for all samples, or a weight for each of those that samples draw from: `{ display: 1,
 * 'linear-srgb': 3 }`.
 */
export type AveragingChoice = AveragingSpace | Partial<Record<AveragingSpace, number>>;

/** A sample's averaging space. Takes a number from `random` only where there is a choice. */
export function drawAveraging(random: Random, choice: AveragingChoice): AveragingSpace {
  if (typeof choice === 'string') return choice;
  return averagingSpaces[
    drawByWeight(
      random,
      averagingSpaces.map((space) => choice[space] ?? 0),
    )
  ]!;
}

/** @throws RangeError unless the choice is a space, or weights of spaces with at least one above 0. */
export function requireAveraging(choice: AveragingChoice): void {
  const isSpace = (name: string): boolean => (averagingSpaces as readonly string[]).includes(name);
  const isRight =
    typeof choice === 'string'
      ? isSpace(choice)
      : typeof choice === 'object' &&
        choice !== null &&
        Object.keys(choice).every(isSpace) &&
        Object.values(choice).every((weight) => Number.isFinite(weight) && weight >= 0) &&
        Object.values(choice).some((weight) => weight > 0);
  requireThat(isRight, 'averaging', `${averagingSpaces.join(' or ')}, or weights of these`, choice);
}

/**
 * The picture that a slower camera would have taken over the given frames: their mean, of display values or
 * of light. High-speed video is averaged over an odd number of consecutive frames in Argaw et al. (section 3)
 * and Nah et al. (CVPR 2017, Eq. 2), there also through the inverse of an assumed gamma of 2.2.
 *
 * @param frames one or more, of one size.
 */
export function averageFrames(frames: readonly RgbImage[], averaging: AveragingSpace): RgbImage {
  const { width, height } = frames[0]!;
  const { lightOf, displayOf } = transferFunctions[averaging];
  const sum = new Float64Array(width * height * 3);
  for (const { data } of frames) {
    for (let i = 0; i < sum.length; i++) sum[i]! += lightOf(data[i]!);
  }
  return { width, height, data: Float32Array.from(sum, (light) => displayOf(light / frames.length)) };
}

/**
 * The reading of a pixel that is fully lit (display value or light of 1). Sums of up to 4096 readings fit 32
 * bits.
 */
export const fullReading = 2 ** 20 - 1;

/** Steps of a response table: a sampled byte value v in [0, 255] reads entry v * 16. */
const responseSteps = 255 * 16;

/** Entries of one channel's response table. */
export const responseTableLength = responseSteps + 1;

/**
 * How the camera records a sampled value: three tables (R, G, B), one after the other, of 4081 readings each.
 * A table stands for any per-channel curve (colour jitter, conversion to linear light) at the price of one
 * look-up.
 *
 * @param curve maps (display value in [0, 1], channel 0..2) to what the sensor records, in [0, 1].
 */
export function createResponse(curve: (value: number, channel: number) => number): Uint32Array {
  const response = new Uint32Array(3 * responseTableLength);
  for (let channel = 0; channel < 3; channel++) {
    for (let step = 0; step <= responseSteps; step++) {
      response[channel * responseTableLength + step] = Math.round(
        curve(step / responseSteps, channel) * fullReading,
      );
    }
  }
  return response;
}
