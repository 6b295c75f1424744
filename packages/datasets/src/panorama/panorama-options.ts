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

/** How samples are made from panoramas. Plain data: a section of a run file. */
export interface PanoramaOptions extends ExposureOptions {
  /**
   * Panoramas that show only a part of the sphere: how many degrees of the horizon, which lies in their
   * middle. Null: all of the sphere.
   */
  coverageDegrees: number | null;
  /**
   * Side of the virtual photograph that the pictures are random windows of, so that a crop looks like a part
   * of a photograph: at least `sizePixels`.
   */
  photoPixels: number;
  /** Horizontal field of view of the virtual photograph, drawn uniformly. */
  fieldOfViewDegrees: Range;
  /**
   * Panoramas too coarse for a field of view get a wider one, until each photograph pixel has this many
   * panorama pixels across (in the middle).
   */
  minPanoramaPixelsPerPixel: number;
  /** Initial orientation: yaw is uniform over the whole turn, pitch and roll are uniform in these ranges. */
  pitchDegrees: Range;
  rollDegrees: Range;
  /**
   * Angle between first and last orientation: a range, or a curriculum as rows [sample index, range] in
   * rising order, between which the limits move linearly.
   */
  angleDegrees: Range | Array<[sampleIndex: number, range: Range]>;
  /**
   * The angle is minimum + (maximum - minimum) * u^angleExponent with u uniform: above 1 favours small
   * angles.
   */
  angleExponent: number;
  /**
   * How much of the rotation is roll: the axis lies in the image plane but for a normally distributed tilt of
   * this standard deviation.
   */
  rollShare: number;
  /** If given, replaces the three above by the paper's rotation: Euler angles uniform in [-limit, limit]. */
  eulerDegrees: number | null;
  /** Largest move of any pixel between neighbouring rendered frames. */
  stepPixels: number;
}

/** Every default of panorama synthesis. */
export const panoramaDefaults: PanoramaOptions = {
  coverageDegrees: null,
  sizePixels: 128,
  photoPixels: 256,
  frames: 7,
  fieldOfViewDegrees: [40, 90],
  minPanoramaPixelsPerPixel: 0.9,
  pitchDegrees: [-60, 60],
  rollDegrees: [-10, 10],
  angleDegrees: [1, 10],
  angleExponent: 1,
  rollShare: 0.3,
  eulerDegrees: null,
  stepPixels: 1,
  averaging: 'display',
  augmentation: defaultAugmentation,
};

export type PartialPanoramaOptions = Given<PanoramaOptions>;

export const panoramaOptionNames = namesOf(panoramaDefaults);

/**
 * Fills in the defaults and checks.
 * @throws RangeError that names the option, what it must be and what came; UnblurError for an unknown name.
 */
export function resolvePanoramaOptions(given: PartialPanoramaOptions): PanoramaOptions {
  const options = completeOptions(
    panoramaDefaults,
    given,
    "panoramaBatches({ folder: 'panoramas', sizePixels: 64 })",
  );
  options.photoPixels = given.photoPixels ?? Math.max(panoramaDefaults.photoPixels, options.sizePixels);
  const { sizePixels, photoPixels, coverageDegrees } = options;
  requireExposureOptions(options, 1);
  const isPhoto = Number.isInteger(photoPixels) && photoPixels >= sizePixels && photoPixels <= maxPhotoPixels;
  requireThat(
    isPhoto,
    'photoPixels',
    `an integer from sizePixels (${sizePixels}) to ${maxPhotoPixels}`,
    photoPixels,
  );
  if (coverageDegrees !== null) requireNumber('coverageDegrees', coverageDegrees, 1, 360);
  requireRange('fieldOfViewDegrees', options.fieldOfViewDegrees, 1, 150);
  requireRange('pitchDegrees', options.pitchDegrees, -90, 90);
  requireRange('rollDegrees', options.rollDegrees, -180, 180);
  requireAngles(options.angleDegrees);
  requireNumber('angleExponent', options.angleExponent, 0.01, 100);
  requireNumber('rollShare', options.rollShare, 0, 100);
  requireNumber('stepPixels', options.stepPixels, leastStepPixels, maxPhotoPixels);
  requireNumber('minPanoramaPixelsPerPixel', options.minPanoramaPixelsPerPixel, 0, 100);
  if (options.eulerDegrees !== null) requireNumber('eulerDegrees', options.eulerDegrees, 0.001, 30);
  return options;
}

function requireAngles(angleDegrees: unknown): void {
  if (!Array.isArray(angleDegrees) || !Array.isArray(angleDegrees[0])) {
    return requireRange('angleDegrees', angleDegrees, 0, 90);
  }
  const isRow = (row: unknown): boolean => Array.isArray(row) && row.length === 2 && Number.isFinite(row[0]);
  const rise = angleDegrees.every(
    (row, index) => isRow(row) && (index === 0 || row[0] > angleDegrees[index - 1][0]),
  );
  requireThat(
    rise,
    'angleDegrees',
    '[minimum, maximum], or rows [sample index, [minimum, maximum]] in rising order',
    angleDegrees,
  );
  for (const [, range] of angleDegrees) requireRange('angleDegrees', range, 0, 90);
}

/** The rotation range that holds at a sample index of the curriculum. */
export function angleRangeAt(angleDegrees: PanoramaOptions['angleDegrees'], sampleIndex: number): Range {
  const rows = angleRows(angleDegrees);
  const nextIndex = rows.findIndex(([from]) => from > sampleIndex);
  if (nextIndex === -1) return rows.at(-1)![1];
  if (nextIndex === 0) return rows[0]![1];
  const [startIndex, start] = rows[nextIndex - 1]!;
  const [endIndex, end] = rows[nextIndex]!;
  const share = (sampleIndex - startIndex) / (endIndex - startIndex);
  return [start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])];
}

function angleRows(angleDegrees: PanoramaOptions['angleDegrees']): Array<[number, Range]> {
  return Array.isArray(angleDegrees[0])
    ? (angleDegrees as Array<[number, Range]>)
    : [[0, angleDegrees as Range]];
}
