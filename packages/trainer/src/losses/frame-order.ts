import { abs, add, mean, mul, neg, slice, step, sub } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LossTerms } from '../training-system.js';

/**
 * The order in which restored frames are compared with the true ones: a blurred image is the same for a
 * motion and its reverse.
 * - `ground-truth`: in the order the sample has (the paper).
 * - `better`: per sample, in that order or its reverse, whichever has the smaller loss (ours): in the
 *   sample's order both ends are drawn to a mixture of the two answers.
 * - `canonical`: in the order in which the scene moves to the right (ours), so that a photograph has one
 *   answer from the first step on; where the mean motion has no clear side or is not known, the better order.
 */
export const frameOrders = ['ground-truth', 'better', 'canonical'] as const;
export type FrameOrder = (typeof frameOrders)[number];

/** How the scene of each sample really moved. */
export interface KnownMotion {
  /**
   * `[B, H, W, 2]`, displacement of the scene from the middle to the last frame; zeros where it is not known.
   */
  pixels: Tensor4D;
  /** `[B]`: 1 where the motion is known, else 0. */
  known: Tensor1D;
}

/**
 * The losses of each sample that depend on the order of the frames, each `[B]`: every term, and their
 * weighted sum.
 */
export type SequenceLoss = { total: Tensor1D } & Record<string, Tensor1D>;

/**
 * The losses in the order that is asked for, means over the batch.
 *
 * @param motion needed for the order `canonical`.
 * @param lossOf the losses against the true frames and motion as they are, or reversed in time; called once
 * or twice, with the same terms.
 * @throws if the order is `canonical` and there is no motion.
 */
export function lossInOrder(
  order: FrameOrder,
  motion: KnownMotion | undefined,
  lossOf: (reversed: boolean) => SequenceLoss,
): LossTerms {
  if (order === 'canonical') expectMotion(motion);
  const inOrder = lossOf(false);
  if (order === 'ground-truth') return meansOf(inOrder);
  const reversed = lossOf(true);
  const better = reversedIsSmaller(inOrder, reversed);
  return meansOf(mixed(inOrder, reversed, order === 'canonical' ? movesLeft(motion!, better) : better));
}

/**
 * The losses of samples some of which were put in an order before: those count as they are, the others in the
 * better order.
 *
 * @param orderKnown `[B]`: 1 where the sample's order counts.
 * @param lossOf as for `lossInOrder`.
 */
export function lossInKnownOrder(
  orderKnown: Tensor1D,
  lossOf: (reversed: boolean) => SequenceLoss,
): LossTerms {
  const [inOrder, reversed] = [lossOf(false), lossOf(true)];
  return meansOf(mixed(inOrder, reversed, mul(reversedIsSmaller(inOrder, reversed), sub(1, orderKnown))));
}

/** @throws if there is none. */
export function expectMotion<T>(motion: T | undefined): asserts motion is T {
  if (motion === undefined) {
    throw new Error(
      "Expected the motion of the samples, which 'loss.motion' and the canonical order need, but received none.",
    );
  }
}

/**
 * Per sample, 1 where the reversed order has the smaller loss. `step` has the gradient 0, a comparison has
 * none.
 */
function reversedIsSmaller(inOrder: SequenceLoss, reversed: SequenceLoss): Tensor1D {
  return step(sub(inOrder.total, reversed.total));
}

/** The mean motion has a clear side if it is this much of its length to the left or right. */
const clearSide = 0.25;

/**
 * Per sample, 1 where the scene moves to the left in the sample's order. @param otherwise where that is not
 * clear.
 */
function movesLeft({ pixels, known }: KnownMotion, otherwise: Tensor1D): Tensor1D {
  const meanOf = (index: number, of: (x: Tensor4D) => Tensor4D): Tensor1D =>
    mean(of(slice(pixels, [0, 0, 0, index], [-1, -1, -1, 1])), [1, 2, 3]);
  const toRight = meanOf(0, (x) => x);
  const length = add(meanOf(0, abs), meanOf(1, abs));
  const clear = mul(step(sub(abs(toRight), mul(length, clearSide))), known);
  return add(otherwise, mul(clear, sub(step(neg(toRight)), otherwise)));
}

/** Per sample, the losses of `inOrder` where `takeReversed` is 0 and of `reversed` where it is 1. */
function mixed(inOrder: SequenceLoss, reversed: SequenceLoss, takeReversed: Tensor1D): SequenceLoss {
  return mapTerms(inOrder, (term, name) => add(term, mul(takeReversed, sub(reversed[name]!, term))));
}

function meansOf(losses: SequenceLoss): LossTerms {
  return mapTerms(losses, (term) => mean(term) as Scalar);
}

function mapTerms<T>(
  losses: SequenceLoss,
  map: (term: Tensor1D, name: string) => T,
): { total: T } & Record<string, T> {
  return Object.fromEntries(Object.entries(losses).map(([name, term]) => [name, map(term, name)])) as {
    total: T;
  } & Record<string, T>;
}
