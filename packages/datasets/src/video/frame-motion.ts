import type { RgbImage } from '@unblur/metrics';
import { requireThat } from '../option-checks.js';
import { type GreyImage, greyOf, shrinkChannels } from '../pictures/picture-filters.js';

const longestSidePixels = 480;

const blockSizePixels = 16;

const longestSearchPixels = 8;

/**
 * Blocks whose grey values deviate less (in units of 1) look the same wherever they go: they say nothing
 * about motion.
 */
const leastTexture = 0.02;

/**
 * How far things move between two neighbouring frames, in pixels: the 95th percentile over all textured
 * blocks, matched by the sum of absolute differences and refined by a parabola. Good to about half a pixel of
 * a picture 480 wide; motion beyond 8 such pixels counts as 8 or more.
 *
 * Averaging frames is only like a long exposure while this is small: a gap of several pixels leaves ghosts
 * instead of a smear.
 *
 * @returns 0 where nothing is textured.
 */
export function motionBetweenPixels(first: RgbImage, second: RgbImage): number {
  return motionBetweenGrey(greyOf(first), greyOf(second));
}

/**
 * `motionBetweenPixels` for grey pictures.
 *
 * @param limitPixels the longest motion of interest: what moves farther may come out as anything above it,
 * which takes less time to find.
 */
export function motionBetweenGrey(first: GreyImage, second: GreyImage, limitPixels = Infinity): number {
  const factor = shrinkFactorOf(Math.max(first.width, first.height));
  const from = shrinkChannels(first, 1, factor);
  const to = shrinkChannels(second, 1, factor);
  const search = searchFor(limitPixels / factor);
  const lengths: number[] = [];
  for (let top = search; top + blockSizePixels + search <= from.height; top += blockSizePixels) {
    for (let left = search; left + blockSizePixels + search <= from.width; left += blockSizePixels) {
      if (textureOf(from, left, top) >= leastTexture) {
        lengths.push(lengthOf(matchBlock(from, to, left, top, search)));
      }
    }
  }
  if (lengths.length === 0) return 0;
  lengths.sort((a, b) => a - b);
  return lengths[Math.floor(0.95 * (lengths.length - 1))]! * factor;
}

const shrinkFactorOf = (sidePixels: number): number => Math.ceil(sidePixels / longestSidePixels);

/** How far a block is looked for, in pixels, to tell whether it moves by more than a limit. */
const searchFor = (limitPixels: number): number => Math.min(Math.ceil(limitPixels) + 1, longestSearchPixels);

/**
 * Checks that `motionBetweenGrey` can tell motion up to a limit from faster motion in a square picture.
 *
 * @throws RangeError that says what limit, and what size, is possible.
 */
export function requireMeasurableMotion(sizePixels: number, limitPixels: number): void {
  const factor = shrinkFactorOf(sizePixels);
  const highest = (longestSearchPixels - 1) * factor;
  requireThat(
    limitPixels <= highest,
    'the maximum of neighbourPixels',
    `at most ${highest} for pictures of ${sizePixels}x${sizePixels}, in which faster motion cannot be measured,`,
    limitPixels,
  );
  const least = blockSizePixels + 2 * searchFor(limitPixels / factor);
  requireThat(
    sizePixels >= least,
    'sizePixels',
    `at least ${least}, within which motion of up to ${limitPixels} pixels (neighbourPixels) can be measured,`,
    sizePixels,
  );
}

/**
 * An estimate of how far what the middle frame shows moves in half the exposure, by following blocks from
 * frame to frame: for previews of samples whose motion is not known. Blocks without texture count as still,
 * and so does what lies within 8 pixels of the border.
 *
 * @param frames in time order, of one size.
 * @returns `height * width * 2` values (dx, dy) in pixels, the same all over each block of 16x16.
 */
export function estimateMotionPixels(frames: readonly RgbImage[]): Float32Array {
  const greys = frames.map(greyOf);
  const { width, height } = greys[0]!;
  const middle = (frames.length - 1) / 2;
  const motion = new Float32Array(width * height * 2);
  for (let top = 0; top < height; top += blockSizePixels) {
    for (let left = 0; left < width; left += blockSizePixels) {
      if (!canMatch(greys[middle]!, left, top) || textureOf(greys[middle]!, left, top) < leastTexture) {
        continue;
      }
      const toLast = followBlock(greys.slice(middle), left, top);
      const toFirst = followBlock(greys.slice(0, middle + 1).reverse(), left, top);
      for (let y = top; y < top + blockSizePixels; y++) {
        for (let x = left; x < left + blockSizePixels; x++) {
          motion.set([(toLast.dx - toFirst.dx) / 2, (toLast.dy - toFirst.dy) / 2], (y * width + x) * 2);
        }
      }
    }
  }
  return motion;
}

/**
 * Where a block of the first frame has got to in the last, or where it was last seen well inside the picture.
 */
function followBlock(frames: readonly GreyImage[], left: number, top: number): Displacement {
  const way: Displacement = { dx: 0, dy: 0 };
  for (const [index, to] of frames.slice(1).entries()) {
    const [column, row] = [left + Math.round(way.dx), top + Math.round(way.dy)];
    if (!canMatch(to, column, row)) return way;
    const step = matchBlock(frames[index]!, to, column, row, longestSearchPixels);
    way.dx += step.dx;
    way.dy += step.dy;
  }
  return way;
}

function canMatch({ width, height }: GreyImage, left: number, top: number): boolean {
  return (
    left >= longestSearchPixels &&
    top >= longestSearchPixels &&
    left + blockSizePixels + longestSearchPixels <= width &&
    top + blockSizePixels + longestSearchPixels <= height
  );
}

/** Standard deviation of a block. */
function textureOf({ width, data }: GreyImage, left: number, top: number): number {
  let sum = 0;
  let squares = 0;
  for (let y = 0; y < blockSizePixels; y++) {
    for (let x = 0; x < blockSizePixels; x++) {
      const value = data[(top + y) * width + left + x]!;
      sum += value;
      squares += value * value;
    }
  }
  const count = blockSizePixels * blockSizePixels;
  return Math.sqrt(Math.max(squares / count - (sum / count) ** 2, 0));
}

interface Displacement {
  dx: number;
  dy: number;
}

function lengthOf({ dx, dy }: Displacement): number {
  return Math.hypot(dx, dy);
}

/** The displacement at which the block looks most like the second frame. */
function matchBlock(from: GreyImage, to: GreyImage, left: number, top: number, search: number): Displacement {
  // At rest first: what stays where it is, or has no texture to follow, ends the other comparisons early.
  let best = { difference: differenceAt(from, to, left, top, 0, 0, Infinity), dx: 0, dy: 0 };
  for (let dy = -search; dy <= search; dy++) {
    for (let dx = -search; dx <= search; dx++) {
      const difference = differenceAt(from, to, left, top, dx, dy, best.difference);
      if (difference < best.difference) best = { difference, dx, dy };
    }
  }
  const { difference, dx, dy } = best;
  const exact = (ddx: number, ddy: number): number =>
    differenceAt(from, to, left, top, dx + ddx, dy + ddy, Infinity);
  const refinedX = Math.abs(dx) === search ? dx : dx + parabolaVertex(exact(-1, 0), difference, exact(1, 0));
  const refinedY = Math.abs(dy) === search ? dy : dy + parabolaVertex(exact(0, -1), difference, exact(0, 1));
  return { dx: refinedX, dy: refinedY };
}

/** Sum of absolute differences, or a number above `limit` once it exceeds that. */
function differenceAt(
  from: GreyImage,
  to: GreyImage,
  left: number,
  top: number,
  dx: number,
  dy: number,
  limit: number,
): number {
  let sum = 0;
  for (let y = 0; y < blockSizePixels; y++) {
    const source = (top + y) * from.width + left;
    const target = (top + y + dy) * to.width + left + dx;
    for (let x = 0; x < blockSizePixels; x++) sum += Math.abs(from.data[source + x]! - to.data[target + x]!);
    if (sum > limit) return sum;
  }
  return sum;
}

/** Where, within half a step, the parabola through three values at -1, 0 and 1 is lowest. */
function parabolaVertex(before: number, at: number, after: number): number {
  const curvature = before - 2 * at + after;
  return curvature <= 0 ? 0 : Math.min(Math.max((before - after) / (2 * curvature), -0.5), 0.5);
}
