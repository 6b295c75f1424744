import { expectOptions } from '@unblur/files/options';
import type { RgbImage } from '@unblur/metrics';
import { namesOf, type Range, requireNumber, requireRange, requireThat } from './option-checks.js';
import { quantizeLikeJpeg } from './pictures/jpeg-quantization.js';
import { createRandom, type Random } from './random.js';

/** Augmentations, drawn anew for each sample. A range of one value, or 0, switches one off. */
export interface AugmentationOptions {
  /** Mirror left-right and top-bottom, each for half of the samples. */
  flips: boolean;
  /** Turn the picture by 0, 90, 180 or 270 degrees, equally often. */
  quarterTurns: boolean;
  /** Play half of the samples backwards. */
  timeReversal: boolean;
  /** Exposure: all channels are multiplied by one number from this range. */
  gain: Range;
  /** White balance: red and blue are each multiplied by a number from this range. */
  whiteBalance: Range;
  /**
   * Contrast curve: display values are raised to a power from this range, before the shutter averages them.
   */
  gamma: Range;
  /**
   * Sensor noise on the blurred picture only: standard deviation in display values, drawn from this range.
   */
  noiseSigma: Range;
  /** JPEG compression of the blurred picture only: quality (1 to 100) drawn from this range; null: none. */
  jpegQuality: Range | null;
  /** Share of the samples that are compressed, where there is a `jpegQuality`. */
  jpegShare: number;
}

export const defaultAugmentation: AugmentationOptions = {
  flips: true,
  quarterTurns: true,
  timeReversal: true,
  gain: [0.8, 1.2],
  whiteBalance: [0.9, 1.1],
  gamma: [0.8, 1.25],
  noiseSigma: [0, 0.01],
  jpegQuality: null,
  jpegShare: 1,
};

export const noAugmentation: AugmentationOptions = {
  flips: false,
  quarterTurns: false,
  timeReversal: false,
  gain: [1, 1],
  whiteBalance: [1, 1],
  gamma: [1, 1],
  noiseSigma: [0, 0],
  jpegQuality: null,
  jpegShare: 1,
};

/** Fills in what is not given. @throws UnblurError for an augmentation of an unknown name. */
export function completeAugmentation(
  defaults: AugmentationOptions,
  given: Partial<AugmentationOptions> = {},
): AugmentationOptions {
  const names = namesOf(defaultAugmentation);
  return { ...defaults, ...expectOptions<object>(given, names, '{ augmentation: { flips: false } }') };
}

/** @throws RangeError unless every range of an augmentation makes sense. */
export function requireAugmentation(augmentation: AugmentationOptions): void {
  for (const name of ['gain', 'whiteBalance', 'gamma'] as const) {
    requireRange(`augmentation.${name}`, augmentation[name], 0.1, 10);
  }
  requireRange('augmentation.noiseSigma', augmentation.noiseSigma, 0, 1);
  if (augmentation.jpegQuality !== null) {
    requireRange('augmentation.jpegQuality', augmentation.jpegQuality, 1, 100);
  }
  requireNumber('augmentation.jpegShare', augmentation.jpegShare, 0, 1);
  for (const name of ['flips', 'quarterTurns', 'timeReversal'] as const) {
    requireThat(
      typeof augmentation[name] === 'boolean',
      `augmentation.${name}`,
      'true or false',
      augmentation[name],
    );
  }
}

/** One sample's augmentation, drawn. */
export interface Augmentation {
  mirrorX: boolean;
  mirrorY: boolean;
  /** Swaps rows and columns; with the mirrors, this makes every quarter turn. */
  transpose: boolean;
  reverseTime: boolean;
  /** Factors of R, G, B. */
  gains: readonly [number, number, number];
  gamma: number;
  noiseSigma: number;
}

export function drawAugmentation(random: Random, options: AugmentationOptions): Augmentation {
  const within = ([low, high]: Range): number => random.between(low, high);
  const coin = (): boolean => random.uniform() < 0.5;
  // Every number is drawn whether or not it is used: switching one augmentation off leaves the others as they
  // were.
  const [flipX, flipY, turn, halfTurn, reverse] = [coin(), coin(), coin(), coin(), coin()];
  const gain = within(options.gain);
  const gains = [gain * within(options.whiteBalance), gain, gain * within(options.whiteBalance)] as const;
  const isHalfTurned = options.quarterTurns && halfTurn;
  // A quarter turn is a transposition and one mirror; a half turn is both mirrors.
  const isQuarterTurned = options.quarterTurns && turn;
  return {
    mirrorX: ((options.flips && flipX) !== isHalfTurned) !== isQuarterTurned,
    mirrorY: (options.flips && flipY) !== isHalfTurned,
    transpose: isQuarterTurned,
    reverseTime: options.timeReversal && reverse,
    gains,
    gamma: within(options.gamma),
    noiseSigma: within(options.noiseSigma),
  };
}

/** The colour part of an augmentation, as a curve on display values, clipped to [0, 1] as a sensor clips. */
export function colourCurve({ gains, gamma }: Augmentation): (display: number, channel: number) => number {
  return (display, channel) => Math.min(display ** gamma * gains[channel]!, 1);
}

/** The geometric part, for a square picture: transposes, then mirrors. */
export function rearrangePixels(
  source: Float32Array,
  size: number,
  { mirrorX, mirrorY, transpose }: Pick<Augmentation, 'mirrorX' | 'mirrorY' | 'transpose'>,
): Float32Array {
  if (!mirrorX && !mirrorY && !transpose) return source;
  const target = new Float32Array(source.length);
  const columnStride = (transpose ? size : 1) * 3;
  const rowStride = (transpose ? 1 : size) * 3;
  for (let y = 0, out = 0; y < size; y++) {
    const rowStart = (mirrorY ? size - 1 - y : y) * rowStride;
    for (let x = 0; x < size; x++, out += 3) {
      const from = rowStart + (mirrorX ? size - 1 - x : x) * columnStride;
      target[out] = source[from]!;
      target[out + 1] = source[from + 1]!;
      target[out + 2] = source[from + 2]!;
    }
  }
  return target;
}

/**
 * A field of vectors (dx, dy) in pixels, rearranged as `rearrangePixels` does the picture: moved, and turned
 * with it.
 */
export function rearrangeVectors(
  source: Float32Array,
  size: number,
  { mirrorX, mirrorY, transpose }: Augmentation,
): Float32Array {
  const target = new Float32Array(source.length);
  for (let y = 0, out = 0; y < size; y++) {
    const row = mirrorY ? size - 1 - y : y;
    for (let x = 0; x < size; x++, out += 2) {
      const column = mirrorX ? size - 1 - x : x;
      const from = 2 * (transpose ? column * size + row : row * size + column);
      target[out] = source[transpose ? from + 1 : from]! * (mirrorX ? -1 : 1);
      target[out + 1] = source[transpose ? from : from + 1]! * (mirrorY ? -1 : 1);
    }
  }
  return target;
}

/**
 * What the sensor and the file do to the blurred picture alone, in place: noise, then JPEG compression.
 *
 * @param random a stream of its own, so that the rest of a sample does not depend on it.
 */
export function degrade(
  { width, height, data }: RgbImage,
  noiseSigma: number,
  { jpegQuality, jpegShare }: AugmentationOptions,
  random: Random,
): void {
  addNoise(data, noiseSigma, random);
  if (jpegQuality === null) return;
  const quality = Math.round(random.between(...jpegQuality));
  if (random.uniform() < jpegShare) quantizeLikeJpeg(data, width, height, quality);
}

const noiseTableLength = 2 ** 16;

let noiseTable: Float32Array | undefined;

/**
 * Adds normal noise in place and clips to [0, 1]. The noise is picked from 65,536 standard normal numbers
 * drawn once: a third of the time of fresh ones.
 */
export function addNoise(values: Float32Array, sigma: number, random: Random): void {
  if (sigma === 0) return;
  noiseTable ??= drawNoiseTable();
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(Math.max(values[i]! + sigma * noiseTable[random.below(noiseTableLength)]!, 0), 1);
  }
}

function drawNoiseTable(): Float32Array {
  const random = createRandom(0);
  return Float32Array.from({ length: noiseTableLength }, () => random.normal());
}
