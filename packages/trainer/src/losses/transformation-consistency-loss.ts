import { abs, addN, mean, mul, scalar, sub, tensor3d } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { imagePyramid } from '@unblur/core-model';

/**
 * Transformation consistency loss (Argaw et al. 2021, Eq. 4): the motions that neighbouring levels predict
 * for one frame should agree. Mean over the frames that move, sum over neighbouring levels, of
 * - the mean absolute difference of their affine motions. The linear part is multiplied by half the image's
 *   longer side, so that all six numbers are displacements at the edge of the image in full-resolution
 *   pixels;
 * - the mean absolute difference of their flows in full-resolution pixels, the finer one downsampled to the
 *   size of the coarser.
 *
 * The paper constrains the affine parameters; that flows are held to the same rule is ours, and so are the
 * units. In our network each level corrects the one above, so that the size of the corrections is what counts.
 *
 * @param affines `affines[i]`: per level, coarsest first, `[B, 2, 3]`, full-resolution pixels; empty where
 * nothing moves.
 * @param flowsPixels `flowsPixels[i]`: per level, coarsest first, `[B, h, w, 2]` in that level's pixels;
 * empty where nothing moves.
 * @param size height and width of the full-resolution image.
 * @returns a scalar; 0 where there are no neighbouring levels.
 */
export function transformationConsistencyLoss(
  affines: readonly Tensor3D[][],
  flowsPixels: readonly Tensor4D[][],
  size: readonly [height: number, width: number],
): Scalar {
  const edge = Math.max(...size) / 2;
  const differences: Tensor[] = [];
  for (const levels of affines) {
    for (const [coarser, finer] of neighbours(levels)) {
      differences.push(
        mean(abs(mul(sub(finer, coarser), tensor3d([edge, edge, 1, edge, edge, 1], [1, 2, 3])))),
      );
    }
  }
  for (const levels of flowsPixels) {
    for (const [coarser, finer] of neighbours(levels)) {
      const doublings = Math.log2(finer.shape[2] / coarser.shape[2]);
      const downsampled = mul(imagePyramid(finer, doublings)[doublings]!, 1 / 2 ** doublings);
      differences.push(mul(mean(abs(sub(downsampled, coarser))), size[1] / coarser.shape[2]));
    }
  }
  const movingFrames = Math.max(
    affines.filter((levels) => levels.length > 0).length,
    flowsPixels.filter((levels) => levels.length > 0).length,
  );
  return differences.length > 0 ? mul(addN(differences), 1 / movingFrames) : scalar(0);
}

function neighbours<T>(levels: readonly T[]): [coarser: T, finer: T][] {
  return levels.slice(1).map((finer, index) => [levels[index]!, finer]);
}
