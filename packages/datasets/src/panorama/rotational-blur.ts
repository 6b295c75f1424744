import type { RgbImage } from '@unblur/metrics';
import {
  type Augmentation,
  colourCurve,
  degrade,
  drawAugmentation,
  rearrangePixels,
} from '../augmentation.js';
import {
  type AveragingSpace,
  createResponse,
  drawAveraging,
  makeDisplayValues,
  meanOfReadings,
  renderCount,
  transferFunctions,
} from '../averaging.js';
import { createRandom, type Random } from '../random.js';
import type { Sample } from '../sample.js';
import { centredCamera, cropCamera, focalPixelsOf, type PinholeCamera } from './camera.js';
import { type CameraTurn, motionOfTurn, rearrangeTurn, turnBetween } from './camera-turn.js';
import { angleRangeAt, type PanoramaOptions } from './panorama-options.js';
import type { Panorama, PanoramaLevel } from './panorama.js';
import {
  createViewfinder,
  levelFor,
  openSensor,
  panoramaPixelsPerPixel,
  trimSheet,
  type Viewfinder,
} from './perspective.js';
import {
  axisAngleOf,
  fastestPixelsPerRadian,
  matrixOf,
  type Orientation,
  orientationOfAngles,
  orientationsBetween,
  randomEulerRotation,
  randomShakeAxis,
  rotationAbout,
} from './rotation.js';

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

/** Everything random about one sample, drawn: the rest is computed. */
export interface RotationalBlurPlan {
  camera: PinholeCamera;
  first: Orientation;
  last: Orientation;
  rotationDegrees: number;
  renderedFrames: number;
  augmentation: Augmentation;
  averaging: AveragingSpace;
  /** Seed of the noise and compression of the blurred picture. */
  noiseSeed: number;
}

export interface RotationalBlurSample extends Sample {
  rotationDegrees: number;
  cameraTurn: CameraTurn;
  motionPixels: Float32Array;
}

/**
 * Draws camera, motion and augmentation of a sample (Argaw et al., section 3, with the numbers the paper
 * leaves open as options).
 *
 * @param panoramaWidth decides which fields of view the panorama is fine enough for.
 * @param sampleIndex position in the curriculum of `angleDegrees`.
 */
export function planRotationalBlur(
  random: Random,
  panoramaWidth: number,
  sampleIndex: number,
  options: PanoramaOptions,
): RotationalBlurPlan {
  const camera = drawCamera(random, panoramaWidth, options);
  const first = orientationOfAngles(
    random.between(-180, 180),
    random.between(...options.pitchDegrees),
    random.between(...options.rollDegrees),
  );
  const rotation =
    options.eulerDegrees === null
      ? rotationAbout(randomShakeAxis(random, options.rollShare), drawAngle(random, sampleIndex, options))
      : randomEulerRotation(random, options.eulerDegrees);
  const { axis, angleDegrees } = axisAngleOf(rotation);
  const fastestPixels = (fastestPixelsPerRadian(camera, axis) * angleDegrees * Math.PI) / 180;
  return {
    camera,
    first,
    last: first.mul(rotation),
    rotationDegrees: angleDegrees,
    renderedFrames: renderCount(fastestPixels, options.frames, options.stepPixels),
    augmentation: drawAugmentation(random, options.augmentation),
    noiseSeed: random.below(2 ** 32),
    averaging: drawAveraging(random, options.averaging),
  };
}

/**
 * Carries a plan out. The frames are display values; the blurred picture is their (and all rendered frames')
 * average.
 */
export function synthesizeRotationalBlur(
  panorama: Panorama,
  plan: RotationalBlurPlan,
  options: PanoramaOptions,
): RotationalBlurSample {
  const { camera, augmentation, averaging } = plan;
  const { lightOf } = transferFunctions[averaging];
  const colour = colourCurve(augmentation);
  const response = createResponse((display, channel) => lightOf(colour(display, channel)));
  const level = levelFor(panorama, camera.focalPixels);
  const exposure = expose(level, createViewfinder(camera), response, plan, {
    frames: options.frames,
    renderedFrames: plan.renderedFrames,
  });

  const finish = (values: Float32Array): RgbImage => ({
    width: camera.width,
    height: camera.height,
    data: rearrangePixels(makeDisplayValues(values, averaging), camera.width, augmentation),
  });
  const frames = exposure.frames.map(finish);
  if (augmentation.reverseTime) frames.reverse();
  const blurred = finish(exposure.blurred);
  degrade(blurred, augmentation.noiseSigma, options.augmentation, createRandom(plan.noiseSeed));
  const cameraTurn = rearrangeTurn(turnBetween(camera, plan.first, plan.last), camera.width, augmentation);
  return {
    blurred,
    frames,
    rotationDegrees: plan.rotationDegrees,
    cameraTurn,
    motionPixels: motionOfTurn(cameraTurn, camera),
  };
}

function drawCamera(random: Random, panoramaWidth: number, options: PanoramaOptions): PinholeCamera {
  const { photoPixels, sizePixels } = options;
  const finest = panoramaPixelsPerPixel(panoramaWidth, 1) / options.minPanoramaPixelsPerPixel;
  const focalPixels = Math.min(
    focalPixelsOf(random.between(...options.fieldOfViewDegrees), photoPixels),
    finest,
  );
  const photo = centredCamera(photoPixels, photoPixels, focalPixels);
  const places = photoPixels - sizePixels + 1;
  return cropCamera(photo, random.below(places), random.below(places), sizePixels);
}

function drawAngle(random: Random, sampleIndex: number, options: PanoramaOptions): number {
  const [low, high] = angleRangeAt(options.angleDegrees, sampleIndex);
  return low + (high - low) * random.uniform() ** options.angleExponent;
}
