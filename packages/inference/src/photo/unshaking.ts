import {
  fitWithin,
  restoreShaken,
  type BlurKernel,
  type DeepImage,
  type RgbImage,
  type ShakenPhotoOptions,
} from '@unblur/restoration';
import { FullSize, shrinker } from './full-size.js';

/** Larger photographs are made sharp at this size, the longer side, and enlarged. */
const longestSidePixels = 2048;

export interface UnshakenPicture {
  /** Of the photograph's size; of 16-bit integers where it was made sharp at a smaller one. */
  frame: RgbImage | DeepImage;
  /** How the shake smeared a point of light, at the size at which the photograph was made sharp. */
  kernel: BlurKernel;
}

/**
 * Makes a photograph of any size sharp that was taken with a shaking hand, of a scene in which nothing moved:
 * `restoreShaken` of `@unblur/restoration`, for large photographs at a smaller size.
 *
 * @throws UnblurError where the photograph is no image or is too small; the signal's reason when aborted.
 */
export async function unshakePhoto(
  photo: RgbImage,
  options: ShakenPhotoOptions = {},
): Promise<UnshakenPicture> {
  const { width, height } = fitWithin(photo, longestSidePixels);
  const small = await shrinker(photo)(width, height);
  const unshaken = await restoreShaken(small, options);
  if (small === photo) return unshaken;
  const fullSize = await FullSize.prepare(photo, small, []);
  return { ...unshaken, frame: await fullSize.bring(unshaken.frame) };
}
