import type { RgbImage } from '@unblur/metrics';
import type { CameraTurn } from './panorama/camera-turn.js';

/** A picture as files hold it: `height * width * 3` interleaved R, G, B bytes. */
export interface RgbBytes {
  width: number;
  height: number;
  rgb: Uint8Array;
}

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

/** `Sample.motionPixels` from the flows to at least the first and the last frame, in time order. */
export function motionOfFlows(flowsPixels: readonly Float32Array[]): Float32Array {
  const [toFirst, toLast] = [flowsPixels[0]!, flowsPixels.at(-1)!];
  return toLast.map((value, index) => (value - toFirst[index]!) / 2);
}

/** Puts arrays of one length one after the other. */
export function concatenate(arrays: Float32Array[]): Float32Array {
  const length = arrays[0]!.length;
  const whole = new Float32Array(arrays.length * length);
  for (const [index, values] of arrays.entries()) whole.set(values, index * length);
  return whole;
}

/** Views of `count` arrays of one length that lie one after the other. */
export function splitEvenly<T extends Uint8Array | Float32Array>(whole: T, count: number): T[] {
  const length = whole.length / count;
  return Array.from(
    { length: count },
    (_, index) => whole.subarray(index * length, (index + 1) * length) as T,
  );
}

/** Display values as bytes, rounded and clipped; pictures of one size, one after the other. */
export function displayBytes(pictures: readonly Float32Array[]): Uint8Array {
  const bytes = new Uint8ClampedArray(pictures.length * pictures[0]!.length);
  // Storing in a clamped array rounds and clips.
  for (const [index, values] of pictures.entries()) {
    for (let i = 0; i < values.length; i++) bytes[index * values.length + i] = values[i]! * 255;
  }
  return new Uint8Array(bytes.buffer);
}
