import { add, addN, clipByValue, div, maximum, mul, sqrt, square, sub, sum } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { boxMean } from '../parts/image-statistics.js';
import { frameTimes } from './photo-network.js';

/** When the frames are that have to average to the photograph; as many before the middle as after it. */
export const consistencyTimes: readonly number[] = frameTimes(7);

/** The trapezoidal rule: what each of them is worth in the mean over the exposure. */
const timeShares = consistencyTimes.map(
  (time) => (Math.abs(time) === 1 ? 0.5 : 1) / (consistencyTimes.length - 1),
);

/** A display shows light as value^2.2, to second order: values v of mean m average as light to sqrt(m^2 + 1.2 var v). */
const lightGamma = 2.2;

/**
 * Where a photograph lies between the mean of display values (0) and that of light (1), as measured by frames
 * that the network restored: it does not know either, and its frames lie between.
 */
const measuredMix = { display: 0.5, light: 0.95 };

/** Of what is missing, the share that the frames have in common. */
const commonShare = 0.75;

/**
 * What brings restored frames nearer to averaging to the blurred photograph, as the frames that its sensor saw
 * do: to be added to the frame at every time (the data consistency of inverse problems; a step towards the
 * nearest frames that average to it). It is 0.75 of what the photograph shows beyond the mean of its frames,
 * without noise as fine as a pixel. Whether they average as light or, in photographs made by averaging display
 * values, as those, is told by the photograph: the mix of both that explains it best.
 *
 * @param blurred `[B, H, W, 3]` in [0, 1].
 * @param frames one for each of `consistencyTimes`, of the same shape; clamped to [0, 1] here.
 * @returns `[B, H, W, 3]`, -0.75 to 0.75.
 */
export function consistencyCorrection(blurred: Tensor4D, frames: readonly Tensor4D[]): Tensor4D {
  const shown = frames.map((frame) => clipByValue(frame, 0, 1));
  const meanOf = (images: readonly Tensor4D[]) =>
    addN(images.map((image, index) => mul<Tensor4D>(image, timeShares[index]!)));
  const displayMean = meanOf(shown);
  const variance = maximum<Tensor4D>(
    sub(meanOf(shown.map((frame) => square(frame))), square(displayMean)),
    0,
  );
  const lightMean = sqrt(add(square(displayMean), mul(variance, lightGamma - 1)));

  const brighter = sub<Tensor4D>(lightMean, displayMean);
  const beyond = sub<Tensor4D>(blurred, displayMean);
  const overPhotograph = (image: Tensor4D): Tensor4D => sum(image, [1, 2, 3], true);
  const measured = div(
    overPhotograph(mul(beyond, brighter)),
    add(overPhotograph(square(brighter)), 1e-6 * brighter.shape[1] * brighter.shape[2]),
  );
  const mix = clipByValue(
    div(sub(measured, measuredMix.display), measuredMix.light - measuredMix.display),
    0,
    1,
  );
  const missing = sub<Tensor4D>(beyond, mul(mix, brighter));
  return mul(boxMean(boxMean(missing, 3), 3), commonShare);
}
