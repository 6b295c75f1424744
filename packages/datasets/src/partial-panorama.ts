import { pixelOfRay, rayOfPixel } from './camera.js';
import { buildPanorama, type Panorama } from './panorama.js';
import { matrixOf, orientationsBetween } from './rotation.js';
import type { RotationalBlurPlan } from './rotational-blur.js';
import { anglesOfDirection, type PixelPosition } from './sphere.js';

/**
 * The part of the sphere that a partial panorama shows: longitudes and latitudes up to these, to either side
 * of the middle.
 */
export interface Coverage {
  longitudeRadians: number;
  latitudeRadians: number;
}

/**
 * A panorama of which only a part was taken: equirectangular, with the same degrees per pixel across and down
 * and the horizon in its middle. It is set into a full sphere that is black elsewhere (its width rounded to
 * whole pixels); cameras must keep within its `coverage`.
 *
 * @param coverageDegrees how much of the horizon the image shows, above 0 and at most 360.
 * @throws RangeError where the image would be higher than the sphere.
 */
export function buildPartialPanorama(
  width: number,
  height: number,
  rgb: Uint8Array,
  coverageDegrees: number,
): Panorama & { coverage: Coverage } {
  const sphereHeight = Math.round((width * 180) / coverageDegrees);
  const sphereWidth = 2 * sphereHeight;
  if (width > sphereWidth || height > sphereHeight) {
    const highest = Math.floor(sphereHeight);
    throw new RangeError(
      `Expected a part of a panorama, ${coverageDegrees} degrees across and at most 180 down (${highest} pixels), but received ${width}x${height}.`,
    );
  }
  const left = Math.floor((sphereWidth - width) / 2);
  const top = Math.floor((sphereHeight - height) / 2);
  const sphere = new Uint8Array(sphereWidth * sphereHeight * 3);
  for (let row = 0; row < height; row++) {
    sphere.set(rgb.subarray(row * width * 3, (row + 1) * width * 3), ((top + row) * sphereWidth + left) * 3);
  }
  // Two pixels less on either side: one for the odd half of the centring, one for what bilinear sampling
  // takes from beyond.
  const within = (pixels: number): number => ((pixels / 2 - 2) * Math.PI) / sphereHeight;
  const coverage = {
    longitudeRadians: width === sphereWidth ? Math.PI : within(width),
    latitudeRadians: height === sphereHeight ? Math.PI / 2 : within(height),
  };
  return { ...buildPanorama(sphereWidth, sphereHeight, sphere), coverage };
}

const testedOrientations = 5;
const testedPixelsPerSide = 9;

/**
 * Whether a camera sees nothing but the covered part of the sphere during its whole exposure (found at pixels
 * along the picture's border and at five moments).
 */
export function staysWithin(
  { camera, first, last }: Pick<RotationalBlurPlan, 'camera' | 'first' | 'last'>,
  { longitudeRadians, latitudeRadians }: Coverage,
): boolean {
  const border: PixelPosition[] = Array.from(
    { length: testedPixelsPerSide },
    (_, step) => step / (testedPixelsPerSide - 1),
  ).flatMap((share) => {
    const [x, y, right, bottom] = [
      share * (camera.width - 1),
      share * (camera.height - 1),
      camera.width - 1,
      camera.height - 1,
    ];
    return [
      { x, y: 0 },
      { x, y: bottom },
      { x: 0, y },
      { x: right, y },
    ];
  });
  return orientationsBetween(first, last, testedOrientations).every((orientation) => {
    const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = matrixOf(orientation) as [
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
    const seesPole =
      latitudeRadians < Math.PI / 2 &&
      [-1, 1].some((pole) => isInPicture(camera, [m3 * pole, m4 * pole, m5 * pole]));
    return (
      !seesPole &&
      border.every((pixel) => {
        const [x, y, z] = rayOfPixel(camera, pixel);
        const angles = anglesOfDirection([
          m0 * x + m1 * y + m2 * z,
          m3 * x + m4 * y + m5 * z,
          m6 * x + m7 * y + m8 * z,
        ]);
        return (
          Math.abs(angles.longitudeRadians) <= longitudeRadians &&
          Math.abs(angles.latitudeRadians) <= latitudeRadians
        );
      })
    );
  });
}

/** Whether a direction in camera axes is seen; the pole may lie inside a picture whose border is covered. */
function isInPicture(camera: RotationalBlurPlan['camera'], ray: readonly [number, number, number]): boolean {
  if (ray[2] <= 0) return false;
  const { x, y } = pixelOfRay(camera, ray);
  return x >= 0 && y >= 0 && x <= camera.width - 1 && y <= camera.height - 1;
}
