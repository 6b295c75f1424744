import type { Restoration } from '../engine/restorer.js';
import { sizeOf, type Picture } from '../picture.js';
import type { DecodedPhoto } from './photo-decoding.js';

/** What is restored of a file where that is not quite what it holds; else empty. */
export function tellDecoding({ pictures, hadAlpha, isCmyk }: DecodedPhoto): string {
  return [
    pictures > 1 && `It holds ${pictures} pictures: only the first is restored. `,
    hadAlpha && 'Transparent parts are shown on white. ',
    isCmyk && 'Its colours are CMYK, converted by the browser: they may differ from the command’s. ',
  ]
    .filter(Boolean)
    .join('');
}

/** Shorter motion is as good as none: the network finds that much in a sharp photograph. */
export const leastMotionPixels = 1.5;

/** What is said of a photograph that camera shake was removed from. */
export function tellUnshaken(picture: Pick<Picture, 'width' | 'height'>, milliseconds: number): string {
  return `One photograph of ${sizeOf(picture)} in ${(milliseconds / 1000).toFixed(1)} s. If it looks worse, the blur is of another kind.`;
}

/**
 * What is said of a film.
 *
 * @param advice what to do where the blur is too long, and what may be where there is hardly any.
 * @param advice.nextSize how many times as large the next size is that the photograph may be restored at.
 */
export function tellResult(
  { frames, motion, milliseconds }: Pick<Restoration, 'frames' | 'motion' | 'milliseconds'>,
  picture: Pick<Picture, 'width' | 'height'>,
  advice: { ifLong: string; ifNone: string; nextSize?: number | undefined },
): string {
  const { lengthPixels, reachPixels } = motion;
  const limit =
    lengthPixels > reachPixels
      ? `The blur is longer than the network can follow, so some of it may remain: ${advice.ifLong}. `
      : lengthPixels < leastMotionPixels
        ? `Hardly any motion was found: ${advice.ifNone}. `
        : '';
  const canBeLarger = advice.nextSize !== undefined && lengthPixels * advice.nextSize <= reachPixels;
  const more = !limit && canBeLarger ? ' A larger working size keeps more detail.' : '';
  return `${limit}${frames.length} frames of ${sizeOf(picture)} in ${(milliseconds / 1000).toFixed(1)} s.${more}`;
}
