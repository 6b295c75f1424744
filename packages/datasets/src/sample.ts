/**
 * A colour image: `data` holds rows of interleaved R, G, B in [0, 1] (display values), `width * height * 3`
 * of them.
 */
export interface RgbImage {
  width: number;
  height: number;
  data: Float32Array;
}

/** One training or test case: what the sensor recorded, and what it saw. */
export interface Sample {
  /** The average of what the camera saw while the shutter was open. */
  blurred: RgbImage;
  /** The N latent frames in time order; N is odd, the middle one is `frames[(N - 1) / 2]`. */
  frames: RgbImage[];
  /** Angle between the first and the last frame's orientation, where the blur is a pure rotation. */
  rotationDegrees?: number;
  /**
   * Where known: optical flow from the middle frame to each frame, `height * width * 2` values (dx, dy) in
   * pixels.
   */
  flowsPixels?: Float32Array[];
  /**
   * Where known: how far what the middle frame shows moves in half the exposure, half the difference of the
   * flows to the last and the first frame; `height * width * 2` values (dx, dy) in pixels.
   */
  motionPixels?: Float32Array;
}
