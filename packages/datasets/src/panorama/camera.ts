/**
 * A direction. World axes: x right, y down, z forward. Longitude 0 looks along +z and grows to the right;
 * latitude grows downwards, as image rows do.
 */
export type Vector3 = readonly [x: number, y: number, z: number];

export interface SphericalAngles {
  longitudeRadians: number;
  latitudeRadians: number;
}

/**
 * Angles of a direction of any length but zero. `atan2` of the height and the ground distance keeps its
 * precision at the poles.
 */
export function anglesOfDirection([x, y, z]: Vector3): SphericalAngles {
  return { longitudeRadians: Math.atan2(x, z), latitudeRadians: Math.atan2(y, Math.hypot(x, z)) };
}

export interface PixelPosition {
  x: number;
  y: number;
}

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
