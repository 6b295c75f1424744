import { defaultAugmentation } from '../augmentation.js';
import {
  completeOptions,
  type ExposureOptions,
  type Given,
  requireExposureOptions,
} from '../exposure-options.js';
import {
  leastStepPixels,
  maxPhotoPixels,
  namesOf,
  type Range,
  requireNumber,
  requireRange,
  requireThat,
} from '../option-checks.js';

/** How layered scenes are made from still photographs. Plain data: a section of a run file. */
export interface LayeredOptions extends ExposureOptions {
  /** How many objects lie in front of the background: uniform between the limits, ends included. */
  objects: Range;
  /** Radius of an object, as a share of `sizePixels`. */
  objectRadius: Range;
  /** How far the whole scene moves during the exposure, in pixels (camera shake; direction random). */
  cameraPixels: Range;
  /** How far an object moves against the scene, in pixels. */
  objectPixels: Range;
  /** Largest turn of the whole scene, and of an object against it, during the exposure. */
  turnDegrees: number;
  /** Largest change of size during the exposure, in percent. */
  zoomPercent: number;
  /** How much paths bend: the largest sideways deviation, as a share of their length. */
  bend: number;
  /** A still photograph is shrunk by a factor from this range first, which hides its own softness. */
  shrink: Range;
  stepPixels: number;
  /** `quarterTurns` and `flips` apply to each still on its own. */
  augmentation: ExposureOptions['augmentation'];
}

/** Every default of layered scenes. */
export const layeredDefaults: LayeredOptions = {
  sizePixels: 128,
  frames: 7,
  objects: [1, 3],
  objectRadius: [0.12, 0.35],
  cameraPixels: [0, 12],
  objectPixels: [2, 20],
  turnDegrees: 4,
  zoomPercent: 3,
  bend: 0.2,
  shrink: [1, 2],
  stepPixels: 1,
  averaging: 'display',
  augmentation: defaultAugmentation,
};

export type PartialLayeredOptions = Given<LayeredOptions>;

export const layeredOptionNames = namesOf(layeredDefaults);

/**
 * Fills in the defaults and checks.
 * @throws RangeError that names the option, what it must be and what came; UnblurError for an unknown name.
 */
export function resolveLayeredOptions(given: PartialLayeredOptions): LayeredOptions {
  const options = completeOptions(
    layeredDefaults,
    given,
    "layeredBatches({ folder: 'stills', sizePixels: 64 })",
  );
  const { sizePixels, objects } = options;
  requireExposureOptions(options, 8);
  requireRange('objects', objects, 0, 20);
  requireThat(objects.every(Number.isInteger), 'objects', 'a range of integers', objects);
  requireRange('objectRadius', options.objectRadius, 0.01, 1);
  requireRange('cameraPixels', options.cameraPixels, 0, sizePixels);
  requireRange('objectPixels', options.objectPixels, 0, sizePixels);
  requireNumber('turnDegrees', options.turnDegrees, 0, 45);
  requireNumber('zoomPercent', options.zoomPercent, 0, 50);
  requireNumber('bend', options.bend, 0, 1);
  requireRange('shrink', options.shrink, 1, 8);
  requireNumber('stepPixels', options.stepPixels, leastStepPixels, maxPhotoPixels);
  return options;
}
