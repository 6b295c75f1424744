import { add, clipByValue, div, mul, sqrt, square, sub, sum } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { boxMean } from '../parts/image-statistics.js';
import { frameTimes } from './photo-network.js';

/** When the frames are that have to average to the photograph; as many before the middle as after it. */
export const consistencyTimes: readonly number[] = frameTimes(7);

/** The trapezoidal rule: what each of them is worth in the mean over the exposure. */
const timeShares = consistencyTimes.map(
  (time) => (Math.abs(time) === 1 ? 0.5 : 1) / (consistencyTimes.length - 1),
);

/**
 * A display shows light as value^2.2. To second order, values v of mean m then average, as light, to
 * sqrt(m^2 + 1.2 var v).
 */
const lightGamma = 2.2;

/**
 * Where a photograph lies between the mean of display values (0) and that of light (1), as measured by
 * restored frames: the network does not know which it is, and its frames lie between. Measured are 0.1 to 1.2
 * (0.6 on average) for display values, 0.6 to 1.2 (1.0) for light.
 */
const measuredMix = { display: 0.5, light: 0.95 };

/**
 * Of what is missing, the share that the frames have in common. With all of it, middle frames of high-speed
 * video lose what the others gain.
 */
const commonShare = 0.75;

/**
 * What brings restored frames nearer to averaging to the blurred photograph, as the frames that its sensor
 * saw do: to be added to the frame at every time (the data consistency of inverse problems; a step towards
 * the nearest frames that average to it). It is 0.75 of what the photograph shows beyond the mean of its
 * frames, without noise as fine as a pixel. Whether they average as light or, in photographs made by averaging
 * display values, as those, is told by the photograph: the mix of both that explains it best.
 *
 * @param blurred `[B, H, W, 3]` in [0, 1].
 * @param frames one for each of `consistencyTimes`, of the same shape; clamped to [0, 1] here.
 * @returns `[B, H, W, 3]`, -0.75 to 0.75.
 */
export function consistencyCorrection(blurred: Tensor4D, frames: readonly Tensor4D[]): Tensor4D {
  const { mean: displayMean, variance } = momentsOverExposure(frames);
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

/**
 * The mean of display values over the exposure and their variance. Each frame is added to both (West 1979,
 * "Updating mean and variance estimates"), in three quarters of the memory of sums over all: ONNX Runtime
 * would keep every frame for the second.
 */
function momentsOverExposure(frames: readonly Tensor4D[]): { mean: Tensor4D; variance: Tensor4D } {
  const [first, ...others] = frames.map((frame) => clipByValue(frame, 0, 1));
  let mean = first!;
  let variance = mul<Tensor4D>(mean, 0);
  let shareSoFar = timeShares[0]!;
  for (const [index, frame] of others.entries()) {
    const share = timeShares[index + 1]!;
    const fraction = share / (shareSoFar + share);
    const step = sub<Tensor4D>(frame, mean);
    mean = add(mean, mul(step, fraction));
    variance = add(variance, mul(square(step), shareSoFar * fraction));
    shareSoFar += share;
  }
  return { mean, variance };
}
