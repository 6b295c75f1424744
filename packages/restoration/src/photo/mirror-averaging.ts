import { mirrorMotion, mirrorRows } from '../mirroring.js';
import type { MotionField } from '../motion-field.js';
import type { RestoredSequence, RgbImage } from '../raster.js';
import { inNearerOrder } from '../time-order.js';

/**
 * Restores an image and its mirror image, and takes the mean (self-ensemble, Timofte et al. 2016, "Seven ways
 * to improve example-based single image super resolution"). What both agree on stays; what only one of them
 * shows is halved, and so are its errors. The mirror image's frames are reversed in time if they agree better
 * that way.
 *
 * @param restore gives frames of the image's size, and motions on grids whose stride divides its width.
 */
export async function restoreWithMirrorImage(
  image: RgbImage,
  restore: (image: RgbImage) => Promise<RestoredSequence>,
): Promise<RestoredSequence> {
  const seen = await restore(image);
  const mirrored = mirrorSequence(await restore({ ...image, data: mirrorRows(image.data, image.width, 3) }));
  const other = inNearerOrder(mirrored, ({ frames }) => distance(seen.frames, frames));
  return {
    frames: seen.frames.map((frame, i) => ({ ...frame, data: meanOf(frame.data, other.frames[i]!.data) })),
    motionsPixels: seen.motionsPixels.map((motion, i) => ({
      ...motion,
      data: meanOf(motion.data, other.motionsPixels[i]!.data),
    })),
  };
}

function mirrorSequence({ frames, motionsPixels }: RestoredSequence): RestoredSequence {
  return {
    frames: frames.map((frame): RgbImage => ({ ...frame, data: mirrorRows(frame.data, frame.width, 3) })),
    motionsPixels: motionsPixels.map((motion): MotionField => ({
      ...motion,
      data: mirrorMotion(motion.data, motion.width),
    })),
  };
}

/** The summed squared difference of two sequences. */
function distance(a: readonly RgbImage[], b: readonly RgbImage[]): number {
  let sum = 0;
  a.forEach((frame, index) => {
    const other = b[index]!.data;
    for (let i = 0; i < other.length; i++) sum += (frame.data[i]! - other[i]!) ** 2;
  });
  return sum;
}

function meanOf(a: Float32Array, b: Float32Array): Float32Array {
  const mean = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) mean[i] = (a[i]! + b[i]!) / 2;
  return mean;
}
