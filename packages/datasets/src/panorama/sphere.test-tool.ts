import type { PixelPosition, SphericalAngles, Vector3 } from './camera.js';

/**
 * The unit sphere and its equirectangular picture, as tests look at it. Column centres lie at integers:
 * longitude runs from -180 degrees at x = -0.5 to +180 at x = width - 0.5, latitude from -90 degrees
 * (straight up) at y = -0.5 to +90 at y = height - 0.5.
 */
export interface PanoramaSize {
  width: number;
  height: number;
}

export function anglesOfPanoramaPixel(
  { x, y }: PixelPosition,
  { width, height }: PanoramaSize,
): SphericalAngles {
  return {
    longitudeRadians: ((x + 0.5) / width - 0.5) * 2 * Math.PI,
    latitudeRadians: ((y + 0.5) / height - 0.5) * Math.PI,
  };
}

export function panoramaPixelOfAngles(
  { longitudeRadians, latitudeRadians }: SphericalAngles,
  { width, height }: PanoramaSize,
): PixelPosition {
  return {
    x: (longitudeRadians / (2 * Math.PI) + 0.5) * width - 0.5,
    y: (latitudeRadians / Math.PI + 0.5) * height - 0.5,
  };
}

/** Point of the unit sphere at the given angles. */
export function directionOfAngles({ longitudeRadians, latitudeRadians }: SphericalAngles): Vector3 {
  const cosLatitude = Math.cos(latitudeRadians);
  return [
    cosLatitude * Math.sin(longitudeRadians),
    Math.sin(latitudeRadians),
    cosLatitude * Math.cos(longitudeRadians),
  ];
}
