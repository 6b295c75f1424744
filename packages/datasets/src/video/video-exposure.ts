import type { RgbImage } from '@unblur/metrics';
import { colourCurve, degrade, drawAugmentation, rearrangePixels } from '../augmentation.js';
import {
  createResponse,
  drawAveraging,
  makeDisplayValues,
  meanOfReadings,
  responseTableLength,
  transferFunctions,
} from '../averaging.js';
import type { RgbBytes } from '../pictures/picture-bytes.js';
import type { GreyImage } from '../pictures/picture-filters.js';
import { createRandom, type Random } from '../random.js';
import type { Sample } from '../sample.js';
import { motionBetweenGrey } from './frame-motion.js';
import type { VideoOptions } from './video-options.js';

/**
 * The square window of the frames that a sample shows: `shrink` times its size a side, in the frames' pixels.
 */
export interface VideoWindow {
  left: number;
  top: number;
  shrink: number;
}

/**
 * Chooses the window of an exposure: a random place, and the least factor to shrink by that brings
 * neighbouring frames close enough to be averaged.
 *
 * @param frames of one size, in time order.
 * @returns undefined where the frames are too far apart, or too much alike, at every factor.
 */
export function chooseVideoWindow(
  frames: readonly RgbBytes[],
  random: Random,
  { sizePixels, shrink, neighbourPixels }: VideoOptions,
): VideoWindow | undefined {
  const { width, height } = frames[0]!;
  const [across, down] = [random.uniform(), random.uniform()];
  for (
    let factor = shrink[0];
    factor <= shrink[1] && sizePixels * factor <= Math.min(width, height);
    factor++
  ) {
    const places = (extent: number): number => extent - sizePixels * factor + 1;
    const window = {
      left: Math.floor(across * places(width)),
      top: Math.floor(down * places(height)),
      shrink: factor,
    };
    const steps = neighbourSteps(frames, window, sizePixels, neighbourPixels[1]);
    // A larger factor makes motion smaller still.
    if (steps.some((step) => step < neighbourPixels[0])) return undefined;
    if (steps.every((step) => step <= neighbourPixels[1])) return window;
  }
  return undefined;
}

/**
 * Motion between each two neighbouring frames, in pixels of the sample; ends with the first step above the
 * limit.
 */
function neighbourSteps(
  frames: readonly RgbBytes[],
  window: VideoWindow,
  sizePixels: number,
  limit: number,
): number[] {
  const steps: number[] = [];
  let before = greyWindow(frames[0]!, window, sizePixels);
  for (const frame of frames.slice(1)) {
    const grey = greyWindow(frame, window, sizePixels);
    steps.push(motionBetweenGrey(before, grey, limit));
    if (steps.at(-1)! > limit) break;
    before = grey;
  }
  return steps;
}

function greyWindow(
  { width, rgb }: RgbBytes,
  { left, top, shrink }: VideoWindow,
  sizePixels: number,
): GreyImage {
  const data = new Float32Array(sizePixels * sizePixels);
  const share = 1 / (3 * 255 * shrink * shrink);
  for (let y = 0; y < sizePixels * shrink; y++) {
    const target = Math.floor(y / shrink) * sizePixels;
    let source = ((top + y) * width + left) * 3;
    for (let x = 0; x < sizePixels * shrink; x++, source += 3) {
      data[target + Math.floor(x / shrink)]! += (rgb[source]! + rgb[source + 1]! + rgb[source + 2]!) * share;
    }
  }
  return { width: sizePixels, height: sizePixels, data };
}

/**
 * Opens the shutter over consecutive frames of a video: all are averaged, N of them at even times are the
 * latent frames. Colour jitter comes before the averaging, in integers as for panoramas, so the blurred
 * picture stays the mean of the frames.
 *
 * @param frames n frames of one size in time order, with n - 1 a multiple of N - 1.
 * @param random decides averaging space and augmentation.
 */
export function synthesizeVideoExposure(
  frames: readonly RgbBytes[],
  window: VideoWindow,
  random: Random,
  options: VideoOptions,
): Sample {
  const { sizePixels } = options;
  const augmentation = drawAugmentation(random, options.augmentation);
  const noiseSeed = random.below(2 ** 32);
  const averaging = drawAveraging(random, options.averaging);
  const { lightOf } = transferFunctions[averaging];
  const colour = colourCurve(augmentation);
  const response = createResponse((display, channel) => lightOf(colour(display, channel)));

  const finish = (values: Float32Array): RgbImage => ({
    width: sizePixels,
    height: sizePixels,
    data: rearrangePixels(makeDisplayValues(values, averaging), sizePixels, augmentation),
  });
  const sums = new Uint32Array(sizePixels * sizePixels * 3);
  const latent: RgbImage[] = [];
  const framesPerLatent = (frames.length - 1) / (options.frames - 1);
  for (const [index, frame] of frames.entries()) {
    const readings = readWindow(frame, window, sizePixels, response);
    for (let i = 0; i < sums.length; i++) sums[i]! += readings[i]!;
    if (index % framesPerLatent === 0) latent.push(finish(meanOfReadings(readings, 1)));
  }
  if (augmentation.reverseTime) latent.reverse();
  const blurred = finish(meanOfReadings(sums, frames.length));
  degrade(blurred, augmentation.noiseSigma, options.augmentation, createRandom(noiseSeed));
  return { blurred, frames: latent };
}

/** Readings (see `createResponse`) of a window, each of the mean of shrink x shrink pixels. */
export function readWindow(
  { width, rgb }: RgbBytes,
  { left, top, shrink }: VideoWindow,
  sizePixels: number,
  response: Uint32Array,
): Uint32Array {
  const readings = new Uint32Array(sizePixels * sizePixels * 3);
  // A byte value v reads entry v * 16.
  const entriesPerSum = 16 / (shrink * shrink);
  for (let y = 0, target = 0; y < sizePixels; y++) {
    for (let x = 0; x < sizePixels; x++) {
      const corner = ((top + y * shrink) * width + left + x * shrink) * 3;
      for (let channel = 0; channel < 3; channel++, target++) {
        let sum = 0;
        for (let row = 0; row < shrink; row++) {
          const source = corner + row * width * 3 + channel;
          for (let column = 0; column < shrink; column++) sum += rgb[source + column * 3]!;
        }
        readings[target] = response[channel * responseTableLength + Math.round(sum * entriesPerSum)]!;
      }
    }
  }
  return readings;
}
