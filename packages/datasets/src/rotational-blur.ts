import {
  colourCurve,
  degrade,
  drawAugmentation,
  rearrangePixels,
  rearrangeVectors,
  type Augmentation,
} from './augmentation.js';
import { drawAveraging } from './averaging-choice.js';
import {
  centredCamera,
  cropCamera,
  fastestPixelsPerRadian,
  focalPixelsOf,
  type PinholeCamera,
} from './camera.js';
import {
  expose,
  makeDisplayValues,
  renderCount,
  transferFunctions,
  type AveragingSpace,
} from './exposure.js';
import type { Panorama } from './panorama.js';
import { angleRangeAt, type PanoramaOptions } from './panorama-options.js';
import { createResponse, createViewfinder, levelFor, panoramaPixelsPerPixel } from './perspective.js';
import { createRandom, type Random } from './random.js';
import {
  axisAngleOf,
  orientationOfAngles,
  randomEulerRotation,
  randomShakeAxis,
  rotationAbout,
  type Orientation,
} from './rotation.js';
import { rotationalMotionPixels } from './rotational-motion.js';
import type { RgbImage, Sample } from './sample.js';

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
  motionPixels: Float32Array;
  plan: RotationalBlurPlan;
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
  const [start, end] = augmentation.reverseTime ? [plan.last, plan.first] : [plan.first, plan.last];
  const motionPixels = rearrangeVectors(
    rotationalMotionPixels(camera, start, end),
    camera.width,
    augmentation,
  );
  return { blurred, frames, rotationDegrees: plan.rotationDegrees, motionPixels, plan };
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
