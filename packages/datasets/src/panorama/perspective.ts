import { responseTableLength } from '../averaging.js';
import type { PinholeCamera } from './camera.js';
import type { Panorama, PanoramaLevel } from './panorama.js';
import { assemblePerspectiveKernel, type PerspectiveKernel } from './perspective-kernel.js';
import type { Matrix3 } from './rotation.js';

/** A camera's viewfinder: the part of its geometry that does not change while it turns. */
export interface Viewfinder {
  camera: PinholeCamera;
  /** Pixels from one row of readings to the next in the kernel's memory: it takes four at a time. */
  rowPixels: number;
}

export function createViewfinder(camera: PinholeCamera): Viewfinder {
  return { camera, rowPixels: Math.ceil(camera.width / 4) * 4 };
}

/**
 * Panorama pixels per camera pixel in the middle of the view; above 1, the camera sees less detail than the
 * panorama has.
 */
export function panoramaPixelsPerPixel(panoramaWidth: number, focalPixels: number): number {
  return panoramaWidth / (2 * Math.PI) / focalPixels;
}

/**
 * The level of the pyramid to sample: the one whose pixels are nearest to the camera's in size, within a
 * factor of the square root of two. A finer one would alias, a coarser one would soften what the camera could
 * resolve.
 */
export function levelFor(panorama: Panorama, focalPixels: number): PanoramaLevel {
  const ratio = panoramaPixelsPerPixel(panorama.levels[0]!.width, focalPixels);
  const index = Math.min(Math.max(Math.round(Math.log2(ratio)), 0), panorama.levels.length - 1);
  return panorama.levels[index]!;
}

/** Readings that add up, exposure by exposure. */
export interface Sensor {
  /**
   * `sheets` sums of readings, each `height * rowPixels * 3` values, zero at first. Valid until the next
   * sensor is opened in this thread.
   */
  sheets: Uint32Array[];
  /**
   * Exposes for one instant: adds each pixel's reading to its sum on a sheet. The matrix is the camera's
   * orientation.
   */
  expose(sheet: number, worldFromCamera: Matrix3): void;
}

/**
 * Opens a sensor. It reads from its own memory, one per thread: the level and the response used last are not
 * copied again.
 *
 * @param response see `createResponse`; must not change afterwards, and neither must the level.
 */
export function openSensor(
  level: PanoramaLevel,
  viewfinder: Viewfinder,
  response: Uint32Array,
  sheets: number,
): Sensor {
  workspace ??= createWorkspace();
  const owner = workspace;
  const { camera, rowPixels } = viewfinder;
  const sheetLength = camera.height * rowPixels * 3;
  const readingsAddress = pixelsAddress + level.pixels.byteLength;
  const missingBytes = readingsAddress + sheets * sheetLength * 4 - owner.memory.buffer.byteLength;
  if (missingBytes > 0) owner.memory.grow(Math.ceil(missingBytes / wasmPageBytes));
  const { buffer } = owner.memory;
  if (owner.level !== level) new Uint32Array(buffer, pixelsAddress).set(level.pixels);
  if (owner.response !== response) new Uint32Array(buffer).set(response);
  const token = {};
  Object.assign(owner, { level, response, token });

  return {
    sheets: Array.from({ length: sheets }, (_, sheet) =>
      new Uint32Array(buffer, readingsAddress + sheet * sheetLength * 4, sheetLength).fill(0),
    ),
    expose(sheet, worldFromCamera) {
      if (owner.token !== token) {
        throw new Error('Expected the sensor that was opened last, but another one was opened after it.');
      }
      exposeRows(owner.run, level, viewfinder, worldFromCamera, readingsAddress + sheet * sheetLength * 4);
    },
  };
}

/** A sheet without the pixels that fill up its rows: `height * width * 3` sums. */
export function trimSheet(
  sheet: Uint32Array,
  { camera: { width, height }, rowPixels }: Viewfinder,
): Uint32Array {
  if (rowPixels === width) return sheet;
  const trimmed = new Uint32Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    trimmed.set(sheet.subarray(row * rowPixels * 3, (row * rowPixels + width) * 3), row * width * 3);
  }
  return trimmed;
}

/**
 * Exposes for one instant: adds each pixel's reading to its sum.
 *
 * @param worldFromCamera orientation of the camera as a rotation matrix.
 * @param readings `height * width * 3` sums, added to in place.
 */
export function addPerspective(
  level: PanoramaLevel,
  viewfinder: Viewfinder,
  worldFromCamera: Matrix3,
  response: Uint32Array,
  readings: Uint32Array,
): void {
  const sensor = openSensor(level, viewfinder, response, 1);
  sensor.expose(0, worldFromCamera);
  const added = trimSheet(sensor.sheets[0]!, viewfinder);
  for (let i = 0; i < readings.length; i++) readings[i]! += added[i]!;
}

function exposeRows(
  run: PerspectiveKernel,
  level: PanoramaLevel,
  { camera, rowPixels }: Viewfinder,
  worldFromCamera: Matrix3,
  readingsAddress: number,
): void {
  const { width, height, focalPixels, principalX, principalY } = camera;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = worldFromCamera as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [stepX, stepY, stepZ] = [m0 / focalPixels, m3 / focalPixels, m6 / focalPixels];
  for (let row = 0; row < height; row++) {
    const rayY = (row - principalY) / focalPixels;
    run(
      m1 * rayY + m2 - stepX * principalX,
      m4 * rayY + m5 - stepY * principalX,
      m7 * rayY + m8 - stepZ * principalX,
      stepX,
      stepY,
      stepZ,
      level.width / (2 * Math.PI),
      // Half a pixel to the corner of the first pixel, less one for the border.
      level.width / 2 + 0.5,
      level.height / Math.PI,
      level.height / 2 + 0.5,
      pixelsAddress,
      (level.width + 2) * 4,
      0,
      readingsAddress + row * rowPixels * 12,
      width,
    );
  }
}

const wasmPageBytes = 65_536;

/** The response lies first, then the panorama's pixels, then the sheets. */
const pixelsAddress = Math.ceil((3 * responseTableLength * 4) / 16) * 16;

/** The kernel with its memory, and what lies there. */
interface Workspace {
  memory: { buffer: ArrayBuffer; grow(pages: number): number };
  run: PerspectiveKernel;
  level?: PanoramaLevel;
  response?: Uint32Array;
  /** Whose sheets lie there. */
  token?: object;
}

let workspace: Workspace | undefined;

// The part that is needed, in every runtime alike; the type comes with browsers' libraries only.
declare const WebAssembly: {
  Memory: new (options: { initial: number }) => Workspace['memory'];
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
};

function createWorkspace(): Workspace {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(assemblePerspectiveKernel(responseTableLength)),
    { environment: { memory } },
  );
  return { memory, run: exports['run'] as PerspectiveKernel };
}
