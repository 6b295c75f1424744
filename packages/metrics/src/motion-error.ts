import { mean } from './mean.js';
import { motionAt, type MotionField } from './motion-field.js';
import { describe } from './received.js';
import type { OrderRule } from './sequence-score.js';

/**
 * Mean end-point errors in pixels, over all pixels of the middle frame: how far the motion found from there to
 * each frame is from the true one.
 */
export interface EndPointErrors {
  perFrame: number[];
  first: number;
  last: number;
  /** Over all frames but the middle one, to which nothing moves. */
  mean: number;
}

/** How well the motion of a photograph was found. */
export interface MotionScore {
  found: EndPointErrors;
  /** The errors of finding no motion at all: the mean length of the true one. */
  still: EndPointErrors;
}

/**
 * Compares motions, one per frame in time order, with the true optical flow from the middle frame.
 *
 * @param flowsPixels `height * width * 2` values (dx, dy) each.
 * @param picture the size of the flows.
 * @param order how the order of the frames was decided, and whether it is reversed for the whole sequence.
 * @throws RangeError unless there are as many motions as flows, 3 or more, and the flows are of that size.
 */
export function scoreMotion(
  motions: readonly MotionField[],
  flowsPixels: readonly Float32Array[],
  picture: { width: number; height: number },
  { rule, reversed }: { rule: OrderRule; reversed: boolean },
): MotionScore {
  const { width, height } = picture;
  const isOfPicture = (flow: Float32Array) => flow?.length === width * height * 2;
  if (!Array.isArray(motions) || !Array.isArray(flowsPixels)) {
    throw new RangeError(
      `Expected a list of motions and one of flows but received ${describe(motions)} and ${describe(flowsPixels)}`,
    );
  }
  if (motions.length !== flowsPixels.length || motions.length < 3 || !flowsPixels.every(isOfPicture)) {
    throw new RangeError(
      `Expected as many motions as flows, 3 or more, the flows of ${width}x${height} with 2 values a pixel, but received ${motions.length} motions and flows of ${flowsPixels.map((flow) => flow?.length ?? 'no').join(', ') || 'no'} values`,
    );
  }
  const inOrder = (backwards: boolean) => {
    const ordered = backwards ? motions.toReversed() : motions;
    return flowsPixels.map((flow, frame) => meanEndPointError(ordered[frame]!, flow, picture));
  };
  const perFrame = inOrder(reversed);
  const other = rule === 'per-frame' ? inOrder(!reversed) : perFrame;
  const still = flowsPixels.map((flow) => meanEndPointError(undefined, flow, picture));
  return {
    found: endPointErrors(perFrame.map((error, frame) => Math.min(error, other[frame]!))),
    still: endPointErrors(still),
  };
}

/** The mean over samples; `null` unless there are any, and all have a score. */
export function averageMotion(scores: readonly (MotionScore | null)[]): MotionScore | null {
  const known = scores.filter((score) => score !== null);
  if (known.length === 0 || known.length < scores.length) return null;
  const averageOf = (errorsOf: (score: MotionScore) => EndPointErrors): EndPointErrors =>
    endPointErrors(
      errorsOf(known[0]!).perFrame.map((_, frame) =>
        mean(known.map((score) => errorsOf(score).perFrame[frame]!)),
      ),
    );
  return { found: averageOf(({ found }) => found), still: averageOf(({ still }) => still) };
}

/** @param motion none: the picture stands still. */
function meanEndPointError(
  motion: MotionField | undefined,
  flow: Float32Array,
  { width, height }: { width: number; height: number },
): number {
  let sum = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 2) {
      const { dx, dy } = motion ? motionAt(motion, x, y) : { dx: 0, dy: 0 };
      sum += Math.hypot(dx - flow[i]!, dy - flow[i + 1]!);
    }
  }
  return sum / (width * height);
}

function endPointErrors(perFrame: number[]): EndPointErrors {
  const middle = (perFrame.length - 1) / 2;
  return {
    perFrame,
    first: perFrame[0]!,
    last: perFrame.at(-1)!,
    mean: mean(perFrame.filter((_, frame) => frame !== middle)),
  };
}
