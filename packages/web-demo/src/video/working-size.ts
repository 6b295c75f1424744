interface Size {
  width: number;
  height: number;
}

/** Longest sides to work at that a visitor may choose from. */
export const workingSides = [256, 384, 640, 1024, 1280, 1920];
/** Automatic takes no smaller one, however long that takes ... */
const leastAutomaticSide = 384;
/** ... and no larger one than takes so long. */
const automaticSeconds = 240;

/** Both sides even, as codecs want them; no frame is made larger. */
export function workingSize({ width, height }: Size, longestSidePixels: number): Size {
  const scale = Math.min(1, longestSidePixels / Math.max(width, height));
  const even = (side: number) =>
    Math.max(2, scale === 1 ? side - (side % 2) : 2 * Math.round((side * scale) / 2));
  return { width: even(width), height: even(height) };
}

export interface WorkingChoice extends Size {
  seconds: number;
  isAutomatic: boolean;
}

/** What the network takes: it works on sides that are multiples of a number of pixels. */
export interface NetworkCost {
  secondsPerMegapixel: number;
  sizeMultiple: number;
}

/** Seconds for a frame of a size. */
export function secondsPerFrame(
  { width, height }: Size,
  { secondsPerMegapixel, sizeMultiple }: NetworkCost,
): number {
  const padded = (side: number) => Math.ceil(side / sizeMultiple) * sizeMultiple;
  return (secondsPerMegapixel * padded(width) * padded(height)) / 1e6;
}

/**
 * Sizes for a clip, the smallest first, each with the time that all its frames take; the last may be its own.
 */
export function workingChoices(clip: Size & { frames: number }, cost: NetworkCost): WorkingChoice[] {
  const longest = Math.max(clip.width, clip.height);
  const sides = workingSides.filter((_, index) => index === 0 || workingSides[index - 1]! < longest);
  const choices = sides.map((side) => {
    const size = workingSize(clip, side);
    return { ...size, seconds: clip.frames * secondsPerFrame(size, cost), isAutomatic: false };
  });
  const fits = (index: number) =>
    sides[index]! <= leastAutomaticSide || choices[index]!.seconds <= automaticSeconds;
  choices[choices.findLastIndex((_, index) => fits(index))]!.isAutomatic = true;
  return choices;
}
