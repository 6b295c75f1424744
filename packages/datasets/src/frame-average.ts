import { transferFunctions, type AveragingSpace } from './exposure.js';
import type { RgbImage, Sample } from './sample.js';

/**
 * The picture that a slower camera would have taken over the given frames: their mean, of display values or
 * of light. High-speed video is averaged over an odd number of consecutive frames in Argaw et al. (section 3)
 * and Nah et al. (CVPR 2017, Eq. 2), there also through the inverse of an assumed gamma of 2.2.
 *
 * @throws RangeError where there is no frame, or the frames' sizes differ.
 */
export function averageFrames(frames: readonly RgbImage[], averaging: AveragingSpace): RgbImage {
  const [first] = frames;
  if (!first) throw new RangeError('Expected at least one frame to average but received none.');
  const { lightOf, displayOf } = transferFunctions[averaging];
  const sum = new Float64Array(first.data.length);
  for (const [index, { width, height, data }] of frames.entries()) {
    if (width !== first.width || height !== first.height) {
      throw new RangeError(
        `Expected frames of one size, ${first.width}x${first.height}, but frame ${index} is ${width}x${height}.`,
      );
    }
    for (let i = 0; i < sum.length; i++) sum[i]! += lightOf(data[i]!);
  }
  const mean = new Float32Array(sum.length);
  for (let i = 0; i < mean.length; i++) mean[i] = displayOf(sum[i]! / frames.length);
  return { width: first.width, height: first.height, data: mean };
}

export interface CropWindow {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Cuts a window out of a picture, without resizing. @throws RangeError where the window is not inside. */
export function cropImage(image: RgbImage, { left, top, width, height }: CropWindow): RgbImage {
  if (left < 0 || top < 0 || left + width > image.width || top + height > image.height) {
    throw new RangeError(
      `Expected a window inside ${image.width}x${image.height} but received ${width}x${height} at (${left}, ${top}).`,
    );
  }
  const data = new Float32Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * image.width + left) * 3;
    data.set(image.data.subarray(start, start + width * 3), row * width * 3);
  }
  return { width, height, data };
}

/**
 * The sample that consecutive frames make: they are its latent frames, and what they average to is the
 * blurred picture.
 */
export function exposeFrames(frames: RgbImage[], averaging: AveragingSpace): Sample {
  return { blurred: averageFrames(frames, averaging), frames };
}

/**
 * First frames of all windows of `length` frames that lie `stride` apart; `stride = length`: windows that
 * share no frame.
 */
export function windowStarts(frameCount: number, length: number, stride: number): number[] {
  const count = Math.max(Math.floor((frameCount - length) / stride) + 1, 0);
  return Array.from({ length: count }, (_, index) => index * stride);
}

/**
 * Indexes of the `2 * radius + 1` frames around a centre; beyond the video's ends its first or last frame is
 * repeated.
 */
export function windowAround(centre: number, radius: number, frameCount: number): number[] {
  return Array.from({ length: 2 * radius + 1 }, (_, offset) =>
    Math.min(Math.max(centre - radius + offset, 0), frameCount - 1),
  );
}
