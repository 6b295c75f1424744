import { UnblurError } from '@unblur/files/file-error';
import { expectOptions, type OptionNames } from '@unblur/files/options';
import { expectRgbImage, toFractions, type RgbImage } from '../raster.js';
import { restoreInTiles } from '../tiling/any-size-restoration.js';
import type { BlurKernel } from './blur-kernel.js';
import { deconvolve } from './deconvolution.js';
import { channelsOf, imageOf, luminanceOf } from './planes.js';
import { findShake } from './shake-kernel.js';

export interface ShakenPhotoOptions {
  /** Called with the fraction of the work that is done, 0 to 1. */
  onShare?: ((share: number) => void) | undefined;
  /** Stops between two parts of the work, of a second or so; the promise is then rejected with its reason. */
  signal?: AbortSignal | undefined;
}

const shakenPhotoOptions: OptionNames<ShakenPhotoOptions> = { onShare: 'function', signal: 'signal' };

export interface UnshakenPhoto {
  /** Of the photograph's size. */
  frame: RgbImage;
  /** How the shake smeared a point of light. */
  kernel: BlurKernel;
}

/** Nothing smaller tells how the camera shook. */
const shortestSidePixels = 64;
/** Of the work, before the photograph itself is made sharp. */
const estimationShare = 0.8;
/** Of a tile that is made sharp at once, with what the kernel smears: a power of two. */
const tileSidePixels = 1024;

/**
 * Makes a photograph sharp that was taken with a shaking hand, of a scene in which nothing moved: everywhere it
 * is blurred along the same path, which may turn and pause. The path is found from the photograph alone
 * (`findShake`) and undone (`deconvolve`). No network, the same everywhere; several seconds for 0.3
 * megapixels, of which the most is spent on the path. A photograph blurred otherwise becomes worse.
 *
 * @throws UnblurError where the photograph is no image or is too small; the signal's reason when aborted.
 */
export async function restoreShaken(
  photo: RgbImage,
  options: ShakenPhotoOptions = {},
): Promise<UnshakenPhoto> {
  expectRgbImage(photo, 'the photograph');
  const { onShare, signal } = expectOptions(options, shakenPhotoOptions, 'restoreShaken(photo, { signal })');
  const { width, height } = photo;
  if (Math.min(width, height) < shortestSidePixels) {
    throw new UnblurError(
      `Expected a shaken photograph of at least ${shortestSidePixels}x${shortestSidePixels} pixels but received ${width}x${height}; smaller ones do not tell how the camera shook`,
    );
  }
  const pause = async (share: number) => {
    onShare?.(share);
    // Lets whoever stops the work, or draws its progress, have their turn.
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  };
  const kernel = await findShake(luminanceOf(photo), async (share) => pause(estimationShare * share));
  const { sizePixels } = kernel;
  const tiled = await restoreInTiles(
    photo,
    { multiple: 1, overlapPixels: sizePixels, maximumPixels: (tileSidePixels - sizePixels) ** 2 },
    async (tile, { done, total }) => {
      await pause(estimationShare + ((1 - estimationShare) * done) / total);
      return { frames: [imageOf(deconvolve(channelsOf(tile), kernel))], motionsPixels: [] };
    },
    signal,
  );
  onShare?.(1);
  return { frame: toFractions(tiled.takeFrame(0)), kernel };
}
