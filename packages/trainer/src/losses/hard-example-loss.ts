import {
  abs,
  add,
  cast,
  concat,
  greater,
  maximum,
  mean,
  mul,
  reshape,
  slice,
  square,
  sub,
  sum,
  topk,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { stopGradient } from '@unblur/core-model';
import { createRandom } from '@unblur/datasets';
import { logL1, logL2 } from './image-distance.js';

export interface HardExampleOptions {
  /**
   * `l1`: the mean over the samples, as the authors' program has it. `log-l1` (ours): the mean of log(error +
   * 0.001) over the samples, so that every sample has an equal say; otherwise those of much blur, of which
   * little can be restored, drown the others. `log-l2` (ours): the same of log(squared error + 0.005^2),
   * which is PSNR but for its unit.
   */
  norm: 'l1' | 'log-l1' | 'log-l2';
  /** Share of the pixels with the largest errors that count once more. The authors' program: 0.5. */
  hardShare: number;
  /** Weight of their error beside the plain one. The authors' program: 2. */
  hardWeight: number;
}

/** Share of the pixels that count once more whatever their error. */
const randomShare = 0.1;

export interface HardExampleLoss {
  /** The error plus the weighted error of the hard pixels, as the norm has it. */
  total: Scalar;
  /** Mean absolute error. */
  l1: Scalar;
  /** Mean absolute error with all pixels but the hard and the random ones counted as 0. */
  hard: Scalar;
  /** `[B, H, W, 1]`: absolute errors summed over all images and channels. */
  residual: Tensor4D;
  /** `[B, 1, 1, 1]`: pixels of a larger residual are hard. */
  threshold: Tensor4D;
  /** `[B, H, W, 1]`, 0 or 1. */
  hardMask: Tensor4D;
}

/**
 * L1 with hard-example mining as CDVD-TSP is trained with: over the three results of the first stage and that
 * of the second, all at once; no gradient flows through the choice of pixels.
 *
 * @param restored, gt images `[B, H, W, 3]`, as many of the one as of the other.
 * @param randomMask `[B, H, W, 1]`, 0 or 1; undefined: none.
 */
export function hardExampleLoss(
  restored: Tensor4D[],
  gt: Tensor4D[],
  randomMask: Tensor4D | undefined,
  { norm, hardShare, hardWeight }: HardExampleOptions,
): HardExampleLoss {
  const error = abs(sub(concat(restored, 3), concat(gt, 3))) as Tensor4D;
  const [batch, height, width] = error.shape;
  const residual = stopGradient([error], (constant) => sum(constant, 3, true) as Tensor4D);
  const threshold = stopGradient([residual], (constant) =>
    rankedValue(reshape(constant, [batch, height * width]), Math.floor(hardShare * height * width)),
  );
  const hardMask = stopGradient(
    [residual, threshold],
    (values, limit) => cast(greater(values, limit), 'float32') as Tensor4D,
  );
  const mask = randomMask ? maximum(hardMask, randomMask) : hardMask;
  const [l1, hard] = [error, mul(error, mask) as Tensor4D].map(ofSamples) as [Tensor1D, Tensor1D];
  const weighted = ofSamples(mul(norm === 'log-l2' ? square(error) : error, add(mul(mask, hardWeight), 1)));
  const total = norm === 'l1' ? weighted : norm === 'log-l1' ? logL1(weighted) : logL2(weighted);
  return { total: mean(total), l1: mean(l1), hard: mean(hard), residual, threshold, hardMask };
}

/** `[B, H, W, C]` to `[B]`. */
const ofSamples = (values: Tensor4D): Tensor1D => mean<Tensor1D>(values, [1, 2, 3]);

/** The element number `rank`, counted from 0, of each row in descending order: `[B, n]` to `[B, 1, 1, 1]`. */
function rankedValue(rows: Tensor2D, rank: number): Tensor4D {
  const batch = rows.shape[0];
  const { values } = topk(rows, rank + 1, true);
  return reshape(slice(values, [0, rank], [batch, 1]), [batch, 1, 1, 1]);
}

/**
 * Masks with a tenth of the pixels set, drawn for each sample of a batch: the pixels that hard-example mining
 * takes besides the hard ones.
 *
 * @returns `[B, S, S, 1]`, 0 or 1; the same for the same seed and samples.
 */
export function randomPixels(
  batchSize: number,
  sizePixels: number,
  seed: number,
  firstSample: number,
): Float32Array {
  const pixels = sizePixels * sizePixels;
  const chosen = Math.floor(randomShare * pixels);
  const mask = new Float32Array(batchSize * pixels);
  for (let sample = 0; sample < batchSize; sample++) {
    const random = createRandom(seed, firstSample + sample, 1);
    const own = mask.subarray(sample * pixels, (sample + 1) * pixels);
    own.fill(1, 0, chosen);
    for (let index = pixels - 1; index > 0; index--) {
      const other = random.below(index + 1);
      [own[index], own[other]] = [own[other]!, own[index]!];
    }
  }
  return mask;
}
