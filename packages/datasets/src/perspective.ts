import type { PinholeCamera } from './camera.js';
import type { Panorama, PanoramaLevel } from './panorama.js';
import type { Matrix3 } from './rotation.js';

/**
 * Looking into a panorama with a pinhole camera: the inner loop of synthesis.
 *
 * Angles come from polynomials instead of `Math.atan2` and `Math.asin` (below 5e-6 radians off: 0.0033 pixels of a panorama 4096
 * wide). Bilinear weights are integers, 1/256 across and 1/16384 down, and red and blue share a word: positions are met to 0.004 pixel.
 */

/** A camera's viewfinder: what of the geometry does not change while the camera turns. */
export interface Viewfinder {
  camera: PinholeCamera;
  /** 1 / length of each pixel's ray (z = 1), row by row. Lengths survive a rotation. */
  inverseRayLengths: Float64Array;
  /** Room for one image row's positions in the panorama: columns times 256, rows times 16384. */
  columnPositions: Int32Array;
  rowPositions: Int32Array;
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
  return { camera, inverseRayLengths, columnPositions: new Int32Array(camera.width), rowPositions: new Int32Array(camera.width) };
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

/** The reading of a pixel that is fully lit (display value or light of 1). Sums of up to 4096 readings fit 32 bits. */
export const FULL_READING = 2 ** 20 - 1;

/** Steps of a response table: a sampled byte value v in [0, 255] reads entry v * 16. */
const RESPONSE_STEPS = 255 * 16;
/** Entries of one channel's response table. */
export const RESPONSE_TABLE_LENGTH = RESPONSE_STEPS + 1;

/**
 * What the camera makes of a sampled value: three tables (R, G, B), one after the other, of 4081 readings each.
 * A table stands for any per-channel curve (colour jitter, conversion to linear light) at the price of one look-up.
 *
 * @param curve maps (display value in [0, 1], channel 0..2) to what the sensor records, in [0, 1].
 */
export function createResponse(curve: (value: number, channel: number) => number): Uint32Array {
  const response = new Uint32Array(3 * RESPONSE_TABLE_LENGTH);
  for (let channel = 0; channel < 3; channel++) {
    for (let step = 0; step <= RESPONSE_STEPS; step++) {
      response[channel * RESPONSE_TABLE_LENGTH + step] = Math.round(curve(step / RESPONSE_STEPS, channel) * FULL_READING);
    }
  }
  return response;
}

// Near-minimax fit of atan(t) on [0, 1] by odd powers up to 11, error below 1.7e-6.
const A0 = 0.999977219;
const A1 = -0.3326228258;
const A2 = 0.1935403629;
const A3 = -0.1164264483;
const A4 = 0.05264731442;
const A5 = -0.01171912103;
// Near-minimax fit of acos(s) on [0, 1] by sqrt(1 - s) times a polynomial, error below 4.8e-6.
const C0 = 1.570791534;
const C1 = -0.2142806142;
const C2 = 0.08563839184;
const C3 = -0.03761823887;
const C4 = 0.009732980216;

const HALF_PI = Math.PI / 2;
const COLUMN_WEIGHTS = 256;
const ROW_WEIGHTS = 16384;
// A bilinear sum of bytes is scaled by 2^22, a step of the response is 1/16 of a byte's.
const RESPONSE_SHIFT = 18;
const RESPONSE_HALF = 1 << (RESPONSE_SHIFT - 1);

/**
 * Exposes a sensor for one instant: adds each pixel's reading to its sum. A row is located first, then sampled: two loops that each fit
 * the processor's registers take two thirds of the time of one.
 *
 * @param worldFromCamera orientation of the camera as a rotation matrix.
 * @param response see `createResponse`.
 * @param readings `height * width * 3` sums, added to in place.
 */
export function addPerspective(
  level: PanoramaLevel,
  viewfinder: Viewfinder,
  worldFromCamera: Matrix3,
  response: Uint32Array,
  readings: Uint32Array,
): void {
  for (let row = 0; row < viewfinder.camera.height; row++) {
    locateRow(level, viewfinder, worldFromCamera, row);
    addRow(level, viewfinder, response, readings, row);
  }
}

/** Finds where in the panorama the pixels of an image row look. */
function locateRow(level: PanoramaLevel, viewfinder: Viewfinder, worldFromCamera: Matrix3, row: number): void {
  const { camera, inverseRayLengths, columnPositions, rowPositions } = viewfinder;
  const { width, focalPixels, principalX, principalY } = camera;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = worldFromCamera as [number, number, number, number, number, number, number, number, number];
  // Half a pixel to the corner of the first pixel, less one for the border.
  const columnsPerRadian = (level.width / (2 * Math.PI)) * COLUMN_WEIGHTS;
  const columnOffset = (level.width / 2 + 0.5) * COLUMN_WEIGHTS;
  const rowsPerRadian = (level.height / Math.PI) * ROW_WEIGHTS;
  const rowOffset = (level.height / 2 + 0.5) * ROW_WEIGHTS;
  const stepX = m0 / focalPixels;
  const stepY = m3 / focalPixels;
  const stepZ = m6 / focalPixels;
  const rayY = (row - principalY) / focalPixels;
  const startX = m1 * rayY + m2 - stepX * principalX;
  const startY = m4 * rayY + m5 - stepY * principalX;
  const startZ = m7 * rayY + m8 - stepZ * principalX;
  const firstPixel = row * width;
  for (let column = 0; column < width; column++) {
    const x = stepX * column + startX;
    const z = stepZ * column + startZ;
    const sine = (stepY * column + startY) * inverseRayLengths[firstPixel + column]!;

    const isSideways = Math.abs(x) > Math.abs(z);
    const t = isSideways ? z / x : x / z;
    const t2 = t * t;
    const angle = t * (A0 + t2 * (A1 + t2 * (A2 + t2 * (A3 + t2 * (A4 + t2 * A5)))));
    let longitude;
    if (isSideways) longitude = (x < 0 ? -HALF_PI : HALF_PI) - angle;
    else if (z < 0) longitude = angle + (x < 0 ? -Math.PI : Math.PI);
    else longitude = angle;

    // Rounding may carry a sine a hair beyond 1.
    const s = Math.min(Math.abs(sine), 1);
    const latitude = HALF_PI - Math.sqrt(1 - s) * (C0 + s * (C1 + s * (C2 + s * (C3 + s * C4))));

    columnPositions[column] = longitude * columnsPerRadian + columnOffset;
    rowPositions[column] = (sine < 0 ? -latitude : latitude) * rowsPerRadian + rowOffset;
  }
}

/** Samples the panorama at the located positions, bilinearly. */
function addRow(level: PanoramaLevel, viewfinder: Viewfinder, response: Uint32Array, readings: Uint32Array, row: number): void {
  const { camera, columnPositions, rowPositions } = viewfinder;
  const { pixels } = level;
  const { width } = camera;
  const stride = level.width + 2;
  for (let column = 0, target = row * width * 3; column < width; column++, target += 3) {
    const panoramaX = columnPositions[column]!;
    const panoramaY = rowPositions[column]!;
    const right = panoramaX & (COLUMN_WEIGHTS - 1);
    const left = COLUMN_WEIGHTS - right;
    const lower = panoramaY & (ROW_WEIGHTS - 1);
    const upper = ROW_WEIGHTS - lower;
    const source = Math.imul(panoramaY >> 14, stride) + (panoramaX >> 8);
    const upperLeft = pixels[source]!;
    const upperRight = pixels[source + 1]!;
    const lowerLeft = pixels[source + stride]!;
    const lowerRight = pixels[source + stride + 1]!;

    const upperRedBlue = (Math.imul(upperLeft & 0xff00ff, left) + Math.imul(upperRight & 0xff00ff, right)) | 0;
    const lowerRedBlue = (Math.imul(lowerLeft & 0xff00ff, left) + Math.imul(lowerRight & 0xff00ff, right)) | 0;
    const upperGreen = (Math.imul((upperLeft >> 8) & 0xff, left) + Math.imul((upperRight >> 8) & 0xff, right)) | 0;
    const lowerGreen = (Math.imul((lowerLeft >> 8) & 0xff, left) + Math.imul((lowerRight >> 8) & 0xff, right)) | 0;
    const red = (Math.imul(upperRedBlue & 0xffff, upper) + Math.imul(lowerRedBlue & 0xffff, lower) + RESPONSE_HALF) >> RESPONSE_SHIFT;
    const green = (Math.imul(upperGreen, upper) + Math.imul(lowerGreen, lower) + RESPONSE_HALF) >> RESPONSE_SHIFT;
    const blue = (Math.imul(upperRedBlue >>> 16, upper) + Math.imul(lowerRedBlue >>> 16, lower) + RESPONSE_HALF) >> RESPONSE_SHIFT;
    readings[target]! += response[red]!;
    readings[target + 1]! += response[RESPONSE_TABLE_LENGTH + green]!;
    readings[target + 2]! += response[2 * RESPONSE_TABLE_LENGTH + blue]!;
  }
}
