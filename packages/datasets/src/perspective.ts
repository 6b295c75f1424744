import type { PinholeCamera } from './camera.js';
import type { Panorama, PanoramaLevel } from './panorama.js';
import type { Matrix3 } from './rotation.js';

/**
 * Looking into a panorama with a pinhole camera: the inner loop of synthesis.
 *
 * Angles come from polynomials instead of `Math.atan2` and `Math.asin` (below 4e-7 radians off: 0.0003 pixels of a panorama 4096
 * wide). Bilinear weights are 11-bit integers, so a position is met to 1/4096 pixel; all arithmetic after that is exact.
 */

/** A camera's viewfinder: what of the geometry does not change while the camera turns. */
export interface Viewfinder {
  camera: PinholeCamera;
  /** 1 / length of each pixel's ray (z = 1), row by row. Lengths survive a rotation. */
  inverseRayLengths: Float64Array;
}

export function createViewfinder(camera: PinholeCamera): Viewfinder {
  const inverseRayLengths = new Float64Array(camera.width * camera.height);
  for (let row = 0, pixel = 0; row < camera.height; row++) {
    const y = (row - camera.principalY) / camera.focalPixels;
    for (let column = 0; column < camera.width; column++, pixel++) {
      const x = (column - camera.principalX) / camera.focalPixels;
      inverseRayLengths[pixel] = 1 / Math.sqrt(x * x + y * y + 1);
    }
  }
  return { camera, inverseRayLengths };
}

/** Panorama pixels per camera pixel in the middle of the view; above 1, the camera sees less detail than the panorama has. */
export function panoramaPixelsPerPixel(panoramaWidth: number, focalPixels: number): number {
  return panoramaWidth / (2 * Math.PI) / focalPixels;
}

/**
 * The level of the pyramid to sample: the one whose pixels are nearest to the camera's in size, within a factor of the square root
 * of two. A finer one would alias, a coarser one would soften what the camera could resolve.
 */
export function levelFor(panorama: Panorama, focalPixels: number): PanoramaLevel {
  const ratio = panoramaPixelsPerPixel(panorama.levels[0]!.width, focalPixels);
  const index = Math.min(Math.max(Math.round(Math.log2(ratio)), 0), panorama.levels.length - 1);
  return panorama.levels[index]!;
}

/** Steps of a response table: a sampled byte value v in [0, 255] reads entry v * 16. */
export const RESPONSE_STEPS = 255 * 16;

/**
 * What the camera makes of a sampled value: three tables (R, G, B), one after the other, of RESPONSE_STEPS + 1 entries each.
 * A table stands for any per-channel curve (colour jitter, conversion to linear light) at the price of one look-up.
 *
 * @param curve maps (display value in [0, 1], channel 0..2) to the value to render.
 */
export function createResponse(curve: (value: number, channel: number) => number): Float32Array {
  const response = new Float32Array(3 * (RESPONSE_STEPS + 1));
  for (let channel = 0; channel < 3; channel++) {
    for (let step = 0; step <= RESPONSE_STEPS; step++) {
      response[channel * (RESPONSE_STEPS + 1) + step] = curve(step / RESPONSE_STEPS, channel);
    }
  }
  return response;
}

// Near-minimax fit of atan(t) on [0, 1] by odd powers up to 13, error below 3e-7.
const A0 = 0.9999961115;
const A1 = -0.33317368;
const A2 = 0.1980781512;
const A3 = -0.1323334041;
const A4 = 0.07962364167;
const A5 = -0.03360419395;
const A6 = 0.006811784476;
// asin(s) = pi/2 - sqrt(1 - s) * polynomial(s) on [0, 1] (Abramowitz and Stegun 4.4.46), error below 2e-8.
const S0 = 1.570796305;
const S1 = -0.2145988016;
const S2 = 0.0889789874;
const S3 = -0.0501743046;
const S4 = 0.030891881;
const S5 = -0.0170881256;
const S6 = 0.0066700901;
const S7 = -0.0012624911;

const HALF_PI = Math.PI / 2;
const WEIGHT_ONE = 2048;
// A bilinear sum of bytes is scaled by WEIGHT_ONE^2 = 2^22; a response entry is 1/16 of a byte step: 2^18. Half of it rounds.
const RESPONSE_SHIFT = 18;
const RESPONSE_HALF = 1 << (RESPONSE_SHIFT - 1);

/**
 * Renders one frame.
 *
 * @param worldFromCamera orientation of the camera as a rotation matrix.
 * @param frame receives `height * width * 3` values.
 */
export function renderPerspective(
  level: PanoramaLevel,
  viewfinder: Viewfinder,
  worldFromCamera: Matrix3,
  response: Float32Array,
  frame: Float32Array,
): void {
  const { camera, inverseRayLengths } = viewfinder;
  const { width, height, focalPixels, principalX, principalY } = camera;
  const { data } = level;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = worldFromCamera as [number, number, number, number, number, number, number, number, number];
  // The border adds 1 to the position, the pixel centre takes 0.5 off.
  const columnsPerRadian = level.width / (2 * Math.PI);
  const columnOffset = level.width / 2 + 0.5;
  const rowsPerRadian = level.height / Math.PI;
  const rowOffset = level.height / 2 + 0.5;
  const rowBytes = (level.width + 2) * 3;
  const greenTable = RESPONSE_STEPS + 1;
  const blueTable = 2 * greenTable;

  let target = 0;
  for (let row = 0, pixel = 0; row < height; row++) {
    const rayY = (row - principalY) / focalPixels;
    const startX = m1 * rayY + m2;
    const startY = m4 * rayY + m5;
    const startZ = m7 * rayY + m8;
    for (let column = 0; column < width; column++, pixel++) {
      const rayX = (column - principalX) / focalPixels;
      const x = m0 * rayX + startX;
      const z = m6 * rayX + startZ;
      const sine = (m3 * rayX + startY) * inverseRayLengths[pixel]!;

      const absoluteX = Math.abs(x);
      const absoluteZ = Math.abs(z);
      const isSideways = absoluteX > absoluteZ;
      // The tiny addend stands in for 0 / 0 straight above and below, where any longitude is right.
      const t = isSideways ? absoluteZ / absoluteX : absoluteX / (absoluteZ + 1e-300);
      const t2 = t * t;
      let longitude = t * (A0 + t2 * (A1 + t2 * (A2 + t2 * (A3 + t2 * (A4 + t2 * (A5 + t2 * A6))))));
      if (isSideways) longitude = HALF_PI - longitude;
      if (z < 0) longitude = Math.PI - longitude;
      if (x < 0) longitude = -longitude;

      // Rounding may carry a sine a hair beyond 1.
      const s = Math.min(Math.abs(sine), 1);
      let latitude = HALF_PI - Math.sqrt(1 - s) * (S0 + s * (S1 + s * (S2 + s * (S3 + s * (S4 + s * (S5 + s * (S6 + s * S7)))))));
      if (sine < 0) latitude = -latitude;

      const panoramaX = ((longitude * columnsPerRadian + columnOffset) * WEIGHT_ONE) | 0;
      const panoramaY = ((latitude * rowsPerRadian + rowOffset) * WEIGHT_ONE) | 0;
      const right = panoramaX & (WEIGHT_ONE - 1);
      const lower = panoramaY & (WEIGHT_ONE - 1);
      const left = WEIGHT_ONE - right;
      const upper = WEIGHT_ONE - lower;
      const source = (panoramaY >> 11) * rowBytes + (panoramaX >> 11) * 3;
      const below = source + rowBytes;

      const red = (data[source]! * left + data[source + 3]! * right) * upper + (data[below]! * left + data[below + 3]! * right) * lower;
      const green = (data[source + 1]! * left + data[source + 4]! * right) * upper + (data[below + 1]! * left + data[below + 4]! * right) * lower;
      const blue = (data[source + 2]! * left + data[source + 5]! * right) * upper + (data[below + 2]! * left + data[below + 5]! * right) * lower;
      frame[target] = response[(red + RESPONSE_HALF) >> RESPONSE_SHIFT]!;
      frame[target + 1] = response[greenTable + ((green + RESPONSE_HALF) >> RESPONSE_SHIFT)]!;
      frame[target + 2] = response[blueTable + ((blue + RESPONSE_HALF) >> RESPONSE_SHIFT)]!;
      target += 3;
    }
  }
}
