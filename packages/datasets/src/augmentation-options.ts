import { requireNumber, requireRange, requireThat, type Range } from './option-checks.js';

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
