import { UnblurError } from '@unblur/files/file-error';
import { excerptOfValue } from '@unblur/files/parsed-value';
import { percentileLength } from '../motion-field.js';
import type { MotionField } from '../motion-field.js';
import type { RgbImage } from '../raster.js';

/** The fractions of its size at which a photograph may be restored. */
const workingScales = [1, 1 / 2, 1 / 4, 1 / 8] as const;
export type WorkingScale = (typeof workingScales)[number];

/** @throws UnblurError that names the scales there are. */
export function expectScale(scale: unknown): void {
  if (scale !== 'auto' && !workingScales.includes(scale as WorkingScale)) {
    throw new UnblurError(
      `Expected 'auto', 1, 1/2, 1/4 or 1/8 for scale but received ${excerptOfValue(scale)}`,
    );
  }
}

/** Sides of the copies on which the motion of a photograph is first looked for. */
const surveySidePixels = [512, 256, 128];
/**
 * A photograph of no more pixels is looked at itself in place of the largest copy: what is found serves for its
 * frames.
 */
const ownSizePixels = 500_000;
/** The motion of a photograph is that of the part of it that moves furthest but for this. */
const surveyPercentile = 0.9;
/** How far, in pixels, most of what moves moves at most. */
export const lengthOfMotion = (motion: MotionField): number => percentileLength(motion, surveyPercentile);

/** On a copy, less than this is no motion that a coarser copy could tell from none. */
const surveyNoisePixels = 1.5;

/** A step of an 8-bit channel, by which rounding alone may make pixels of one colour differ. */
const roundingStep = 1 / 255;

/** Whether all pixels are of one colour but for rounding, so that no motion can be seen. */
export function isOneColor({ data }: RgbImage): boolean {
  return data.every((value, i) => Math.abs(value - data[i % 3]!) <= 1.01 * roundingStep);
}

/**
 * How far things move from the middle of the exposure to its end, in pixels of the photograph. Blur too long
 * for the network to follow is found on a smaller copy, where it is shorter: the longest motion found on any
 * copy counts.
 *
 * @param motionAtEnd finds the motion, from the middle to the end of the exposure, of a copy of the
 * photograph with the given sides, rounded.
 */
export async function surveyMotion(
  photo: { width: number; height: number },
  motionAtEnd: (width: number, height: number) => Promise<MotionField>,
): Promise<number> {
  const longestSide = Math.max(photo.width, photo.height);
  const [finestSide, ...coarserSides] = surveySidePixels as [number, ...number[]];
  const finestShrink = photo.width * photo.height <= ownSizePixels ? 1 : longestSide / finestSide;
  const lengthAt = async (shrink: number) =>
    lengthOfMotion(await motionAtEnd(photo.width / shrink, photo.height / shrink));
  let longest = finestShrink * (await lengthAt(finestShrink));
  for (const shrink of coarserSides.map((side) => longestSide / side)) {
    if (shrink <= finestShrink) continue;
    const lengthPixels = await lengthAt(shrink);
    // The finest copy tells small motions, coarser ones only what they can tell from none.
    if (lengthPixels >= surveyNoisePixels) longest = Math.max(longest, lengthPixels * shrink);
  }
  return longest;
}

/**
 * Up to how far, in pixels of the scale, things may move from the middle of the exposure to its end for a
 * scale to be the best one.
 */
export interface Reach {
  /** At full size, which alone keeps all detail. */
  fullSizePixels: number;
  smallerPixels: number;
  /**
   * The same for a large photograph, whose pixels hold less detail than they could: a smaller size is as good
   * sooner, at a quarter of the cost.
   */
  ofLarge: { fullSizePixels: number; smallerPixels: number };
}

/**
 * Whether things move further in an image than a network can follow at its size. @param motionAtEnd as the
 * network found it in that image, from the middle of the exposure to its end.
 */
export const movesBeyondReach = (motionAtEnd: MotionField, { fullSizePixels }: Reach): boolean =>
  lengthOfMotion(motionAtEnd) > fullSizePixels;

/** From so many pixels on a photograph is large. */
const largePixels = 6e6;

/** The largest scale at which nothing moves too far. */
export function scaleForMotion(
  lengthPixels: number,
  { width, height }: { width: number; height: number },
  reach: Reach,
): WorkingScale {
  const { fullSizePixels, smallerPixels } = width * height >= largePixels ? reach.ofLarge : reach;
  return (
    workingScales.find((scale) => lengthPixels * scale <= (scale === 1 ? fullSizePixels : smallerPixels)) ??
    workingScales.at(-1)!
  );
}
