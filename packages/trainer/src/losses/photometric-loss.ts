import { addN, div, mul } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { imageDistance } from './image-distance.js';
import type { PhotometricNorm } from './image-distance.js';

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
