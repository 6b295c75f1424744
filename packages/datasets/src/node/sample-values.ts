import type { Sample } from '../sample.js';

/** The values of one square sample: what goes from thread to thread. */
export interface SampleValues {
  /** `size * size * 3`. */
  blurred: Float32Array;
  frames: Float32Array[];
  rotationDegrees?: number;
  /** `size * size * 2` per frame. */
  flowsPixels?: Float32Array[];
}

export function valuesOf({ blurred, frames, rotationDegrees, flowsPixels }: Sample): SampleValues {
  return {
    blurred: blurred.data,
    frames: frames.map(({ data }) => data),
    ...(rotationDegrees !== undefined && { rotationDegrees }),
    ...(flowsPixels && { flowsPixels }),
  };
}
