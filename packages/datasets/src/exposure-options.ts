import { requireAugmentation, type AugmentationOptions } from './augmentation.js';
import { requireAveraging, type AveragingChoice } from './averaging.js';
import { requireSampleShape } from './option-checks.js';

/** Options shared by everything that makes exposures. */
export interface ExposureOptions {
  /** Side of the square pictures. */
  sizePixels: number;
  /** Output frames N: odd, at least 3. */
  frames: number;
  /** Values that are averaged: display values as in the paper, light, or either by chance. */
  averaging: AveragingChoice;
  augmentation: AugmentationOptions;
}

/** Options as users give them; those left out get their defaults. */
export type Given<Options extends { augmentation: AugmentationOptions }> = Partial<
  Omit<Options, 'augmentation'>
> & { augmentation?: Partial<AugmentationOptions> };

/**
 * @param leastPixels of a picture's side.
 * @throws RangeError that names the option, what it must be and what came.
 */
export function requireExposureOptions(options: ExposureOptions, leastPixels: number): void {
  requireSampleShape(options, leastPixels);
  requireAveraging(options.averaging);
  requireAugmentation(options.augmentation);
}
