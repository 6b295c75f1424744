import { abs, add, addN, div, log, mean, mul, sqrt, square, sub } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * How far one image is from its ground truth, per sample.
 * - `l1`: mean |e|, as in the paper.
 * - `charbonnier`: mean sqrt(e^2 + 0.001^2), which is smooth at 0.
 * - `log-l1` (ours): log(mean |e| + 0.001). A sample's gradient no longer grows with its blur, so every
 *   sample has an equal say.
 * - `log-l2` (ours): log(mean e^2 + 0.005^2), which is PSNR but for its unit, up to about 46 dB, beyond which
 *   no difference is visible: where two answers are as likely, their mean is best.
 */
export type PhotometricNorm = 'l1' | 'charbonnier' | 'log-l1' | 'log-l2';

export interface PhotometricOptions {
  norm: PhotometricNorm;
  /** Weight of each level, finest first; levels beyond the list, or of weight 0, are not compared. */
  levelWeights: readonly number[];
  /** Weight of each frame in time order; they are divided by their sum. */
  frameWeights: readonly number[];
  /** What `log-l2` adds to the mean squared error. Default: 0.005^2. */
  epsilon?: number;
  /** One per frame, `[B]` each: 1 where the sample's true frame is known, else 0. Default: all are known. */
  known?: readonly Tensor1D[];
}

const charbonnierEpsilon = 1e-3;

/**
 * Multi-scale photometric loss (Argaw et al. 2021, Eq. 3), per sample:
 * `sum over levels l of levelWeight[l] * (weighted mean over frames i of norm(frames[i][l] - gt[i][l]))`.
 *
 * @param frames `frames[i][level]`, `[B, H/2^level, W/2^level, 3]` in [0, 1].
 * @param gt the ground truth in the same layout, downsampled by `imagePyramid`.
 * @returns `[B]`; where a sample's true frames are not all known, the frame weights of those that are count
 * alone.
 * @throws if the numbers of frames differ, no level has a weight, or the frame weights do not fit.
 */
export function photometricLoss(
  frames: readonly Tensor4D[][],
  gt: readonly Tensor4D[][],
  { norm, levelWeights, frameWeights, epsilon, known }: PhotometricOptions,
): Tensor1D {
  if (frames.length !== gt.length || frames.length !== frameWeights.length) {
    throw new Error(
      `Expected as many frames, ground-truth frames and frame weights but received ${frames.length}, ${gt.length} and ${frameWeights.length}.`,
    );
  }
  const levels = frames[0]!.length;
  if (levelWeights.length > levels) {
    throw new Error(`Expected at most ${levels} level weights but received ${levelWeights.length}.`);
  }
  const weightSum = frameWeights.reduce((sum, weight) => sum + weight, 0);
  const terms: Tensor1D[] = [];
  frameWeights.forEach((frameWeight, frame) =>
    levelWeights.forEach((levelWeight, level) => {
      const weight = (levelWeight * frameWeight) / weightSum;
      if (weight === 0) return;
      const distance = mul<Tensor1D>(
        imageDistance(frames[frame]![level]!, gt[frame]![level]!, norm, epsilon),
        weight,
      );
      terms.push(known ? mul(distance, known[frame]!) : distance);
    }),
  );
  if (terms.length === 0) {
    throw new Error('Expected a frame and a level whose weights are not 0 but received none.');
  }
  if (!known) return addN(terms);
  return div(
    addN(terms),
    addN(known.map((ofFrame, frame) => mul<Tensor1D>(ofFrame, frameWeights[frame]! / weightSum))),
  );
}

/**
 * The distance between two images `[B, H, W, 3]`, per sample: `[B]`. @param epsilon see `PhotometricOptions`.
 */
export function imageDistance(
  image: Tensor4D,
  gt: Tensor4D,
  norm: PhotometricNorm,
  epsilon?: number,
): Tensor1D {
  const error = sub(image, gt);
  switch (norm) {
    case 'l1':
      return mean(abs(error), [1, 2, 3]);
    case 'charbonnier':
      return mean(sqrt(add(square(error), charbonnierEpsilon ** 2)), [1, 2, 3]);
    case 'log-l1':
      return logL1(mean<Tensor1D>(abs(error), [1, 2, 3]));
    case 'log-l2':
      return logL2(mean<Tensor1D>(square(error), [1, 2, 3]), epsilon);
  }
}

const leastL1 = 1e-3;
/** The square of an invisible error, 0.005. */
const invisibleSquare = 0.005 ** 2;

/**
 * log(error + 0.001) of each sample's mean |e|: its gradient does not grow with the blur, so every sample has
 * an equal say.
 */
export const logL1 = (error: Tensor1D): Tensor1D => log(add(error, leastL1));

/**
 * log(error + epsilon) of each sample's mean e^2, which is PSNR but for its unit, up to -10 log10(epsilon)
 * dB: of 0.005^2 to about 46 dB, beyond which no difference is visible.
 */
export const logL2 = (squaredError: Tensor1D, epsilon = invisibleSquare): Tensor1D =>
  log(add(squaredError, epsilon));
