import { grad, sum, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, scalar } from '@tensorflow/tfjs-core';

/**
 * The largest difference between tfjs's gradient of `loss` and central differences, relative to the largest
 * gradient.
 *
 * @param loss of one tensor, a scalar or `[B]` (summed); smooth within `step` of `values`.
 */
export function gradientError(
  loss: (x: Tensor) => Tensor,
  shape: number[],
  values: Float32Array,
  step: number,
): number {
  const total = (x: Tensor) => sum(loss(x));
  const at = (changed: Float32Array) =>
    tidy(() => total(tensor(changed, shape as [number])).dataSync<'float32'>()[0]!);
  const analytic = tidy(() =>
    grad((x: Tensor) => total(x) as ReturnType<typeof scalar>)(tensor(values, shape as [number]))
      .dataSync<'float32'>()
      .slice(),
  );
  let largestError = 0;
  let largestGradient = 0;
  for (let index = 0; index < values.length; index++) {
    const [up, down] = [values.slice(), values.slice()];
    up[index]! += step;
    down[index]! -= step;
    const numeric = (at(up) - at(down)) / (up[index]! - down[index]!);
    largestError = Math.max(largestError, Math.abs(numeric - analytic[index]!));
    largestGradient = Math.max(largestGradient, Math.abs(analytic[index]!));
  }
  return largestError / largestGradient;
}
