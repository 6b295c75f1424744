import type { Restoration } from '../engine/restorer.js';
import type { Picture } from '../picture.js';
import type { DecodedPhoto } from './photo-decoding.js';
import { sizeOf } from './working-sizes.js';

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

/** What is said of a result. @param wayOut what to do where the blur is too long. */
export function tellResult(
  { frames, motion, milliseconds }: Pick<Restoration, 'frames' | 'motion' | 'milliseconds'>,
  picture: Pick<Picture, 'width' | 'height'>,
  wayOut: string,
): string {
  const limit = motion.isBeyondReach
    ? `The blur is longer than the network can follow, so some of it may remain: ${wayOut}. `
    : '';
  return `${limit}${frames.length} frames of ${sizeOf(picture)} in ${(milliseconds / 1000).toFixed(1)} s.`;
}
