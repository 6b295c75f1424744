import { expectOptions } from '@unblur/files/options';
import { type AugmentationOptions, completeAugmentation, requireAugmentation } from './augmentation.js';
import { requireAveraging, type AveragingChoice } from './averaging.js';
import { namesOf, requireSampleShape } from './option-checks.js';

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
 * Fills in the defaults, of the augmentation too.
 *
 * @param example of a call, for messages.
 * @throws UnblurError for an unknown name.
 */
export function completeOptions<Options extends ExposureOptions>(
  defaults: Options,
  given: Given<Options>,
  example: string,
): Options {
  const known: Given<Options> = expectOptions<object>(given, namesOf(defaults), example);
  const augmentation = completeAugmentation(defaults.augmentation, known.augmentation);
  return { ...defaults, ...known, augmentation };
}

/**
 * @param leastPixels of a picture's side.
 * @throws RangeError that names the option, what it must be and what came.
 */
export function requireExposureOptions(options: ExposureOptions, leastPixels: number): void {
  requireSampleShape(options, leastPixels);
  requireAveraging(options.averaging);
  requireAugmentation(options.augmentation);
}
