import type { Sample } from '../sample.js';

/** The values of one square sample: what goes from thread to thread. */
export interface SampleValues {
  /** `size * size * 3`. */
  blurred: Float32Array;
  frames: Float32Array[];
  rotationDegrees?: number;
  /** `size * size * 2` per frame. */
  flowsPixels?: Float32Array[];
  /** `size * size * 2`; see `Sample`. */
  motionPixels?: Float32Array;
}

export function valuesOf({
  blurred,
  frames,
  rotationDegrees,
  flowsPixels,
  motionPixels,
}: Sample): SampleValues {
  return {
    blurred: blurred.data,
    frames: frames.map(({ data }) => data),
    ...(rotationDegrees !== undefined && { rotationDegrees }),
    ...(flowsPixels && { flowsPixels }),
    ...(motionPixels && { motionPixels }),
  };
}

/** Puts arrays of one length one after the other. */
export function concatenate(arrays: Float32Array[]): Float32Array {
  const length = arrays[0]!.length;
  const whole = new Float32Array(arrays.length * length);
  for (const [index, values] of arrays.entries()) whole.set(values, index * length);
  return whole;
}
