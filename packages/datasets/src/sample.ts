import type { RgbImage } from '@unblur/metrics';
import { type CameraTurn, flowOfTurn } from './panorama/camera-turn.js';

/** One training or test case: what the sensor recorded, and what it saw. */
export interface Sample {
  /** The average of what the camera saw while the shutter was open. */
  blurred: RgbImage;
  /** The N latent frames in time order; N is odd, the middle one is `frames[(N - 1) / 2]`. */
  frames: RgbImage[];
  /** Angle between the first and the last frame's orientation, where the blur is a pure rotation. */
  rotationDegrees?: number;
  /** Where the blur is a pure rotation: that rotation, from which all motion follows (see `flowsOfSample`). */
  cameraTurn?: CameraTurn;
  /**
   * Of layered scenes: optical flow from the middle frame to each frame, `height * width * 2` values (dx, dy) in
   * pixels.
   */
  flowsPixels?: Float32Array[];
  /**
   * Where known: how far what the middle frame shows moves in half the exposure, half the difference of the
   * flows to the last and the first frame; `height * width * 2` values (dx, dy) in pixels.
   */
  motionPixels?: Float32Array;
}

/** The values of one square sample: what goes from thread to thread. */
export interface SampleValues {
  /** `size * size * 3`. */
  blurred: Float32Array;
  frames: Float32Array[];
  rotationDegrees?: number;
  cameraTurn?: CameraTurn;
  /** `size * size * 2` per frame. */
  flowsPixels?: Float32Array[];
  /** `size * size * 2`; see `Sample`. */
  motionPixels?: Float32Array;
}

export function valuesOf({
  blurred,
  frames,
  rotationDegrees,
  cameraTurn,
  flowsPixels,
  motionPixels,
}: Sample): SampleValues {
  return {
    blurred: blurred.data,
    frames: frames.map(({ data }) => data),
    ...(rotationDegrees !== undefined && { rotationDegrees }),
    ...(cameraTurn && { cameraTurn }),
    ...(flowsPixels && { flowsPixels }),
    ...(motionPixels && { motionPixels }),
  };
}

/** What `valuesOf` was made from. */
export function sampleOf({ blurred, frames, ...known }: SampleValues, sizePixels: number): Sample {
  const toImage = (data: Float32Array) => ({ width: sizePixels, height: sizePixels, data });
  return { ...known, blurred: toImage(blurred), frames: frames.map(toImage) };
}

/**
 * Optical flow from the middle frame of a sample to each of its frames, `height * width * 2` values (dx, dy) in
 * pixels, x to the right and y down; nothing where the motion is not known.
 */
export function flowsOfSample({
  blurred,
  frames,
  cameraTurn,
  flowsPixels,
}: Pick<Sample, 'blurred' | 'frames' | 'cameraTurn' | 'flowsPixels'>): Float32Array[] | undefined {
  if (flowsPixels || !cameraTurn) return flowsPixels;
  return frames.map((_, index) => flowOfTurn(cameraTurn, blurred, (2 * index) / (frames.length - 1) - 1));
}
