import type { PixelPosition, Vector3 } from './sphere.js';

/**
 * A pinhole camera without distortion. Camera axes: x right, y down, z along the view. Pixel centres lie at
 * integers. The principal point may lie off the centre, or outside: the image is then a window into a larger
 * photograph.
 */
export interface PinholeCamera {
  width: number;
  height: number;
  focalPixels: number;
  principalX: number;
  principalY: number;
}

/** Focal length in pixels of a photograph `extentPixels` wide that sees `fieldOfViewDegrees` across. */
export function focalPixelsOf(fieldOfViewDegrees: number, extentPixels: number): number {
  return extentPixels / 2 / Math.tan((fieldOfViewDegrees * Math.PI) / 360);
}

/** A camera with its principal point in the centre. */
export function centredCamera(width: number, height: number, focalPixels: number): PinholeCamera {
  return { width, height, focalPixels, principalX: (width - 1) / 2, principalY: (height - 1) / 2 };
}

/** The camera that sees only the window of `size` pixels a side whose top left pixel is (left, top). */
export function cropCamera(camera: PinholeCamera, left: number, top: number, size: number): PinholeCamera {
  return {
    ...camera,
    width: size,
    height: size,
    principalX: camera.principalX - left,
    principalY: camera.principalY - top,
  };
}

/** Ray through a pixel, in camera axes, with z = 1. */
export function rayOfPixel(camera: PinholeCamera, { x, y }: PixelPosition): Vector3 {
  return [(x - camera.principalX) / camera.focalPixels, (y - camera.principalY) / camera.focalPixels, 1];
}

/** Pixel that a ray in camera axes meets. The ray must lie in front of the camera (z > 0). */
export function pixelOfRay(camera: PinholeCamera, [x, y, z]: Vector3): PixelPosition {
  return {
    x: (x / z) * camera.focalPixels + camera.principalX,
    y: (y / z) * camera.focalPixels + camera.principalY,
  };
}

/**
 * The fastest that any pixel of the image moves, in pixels per radian, while the camera turns about an axis
 * fixed in camera axes. The image motion of a still world under a rotation depends on the pixel and the axis
 * only, not on the scene.
 *
 * @param axis unit vector in camera axes.
 */
export function fastestPixelsPerRadian(camera: PinholeCamera, [ax, ay, az]: Vector3): number {
  const { width, height, focalPixels } = camera;
  let fastestSquared = 0;
  for (let row = 0; row < height; row++) {
    const y = (row - camera.principalY) / focalPixels;
    for (let column = 0; column < width; column++) {
      const x = (column - camera.principalX) / focalPixels;
      const dx = x * y * ax - (1 + x * x) * ay + y * az;
      const dy = (1 + y * y) * ax - x * y * ay - x * az;
      const squared = dx * dx + dy * dy;
      if (squared > fastestSquared) fastestSquared = squared;
    }
  }
  return Math.sqrt(fastestSquared) * focalPixels;
}
