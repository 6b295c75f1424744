/** A photograph or frame: `data` holds height * width * 3 display (sRGB) values in [0, 1], row by row, channels interleaved. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * Where things moved, on a grid coarser than the photograph: `data` holds height * width * 2 values (dx, dy) in pixels of the
 * photograph, x to the right, y down. Grid cell (i, j) stands for the block of `stridePixels` x `stridePixels` photo pixels whose
 * corner is (i * stridePixels, j * stridePixels); the last column and row may reach beyond the photo.
 */
export interface MotionField {
  readonly width: number;
  readonly height: number;
  readonly stridePixels: number;
  readonly data: Float32Array;
}

/** What an engine makes of a blurred image: N frames in time order, and where each lies relative to the middle one. */
export interface RestoredSequence {
  frames: RgbImage[];
  motionsPixels: MotionField[];
}
