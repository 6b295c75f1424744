import {
  anglesOfDirection,
  type PinholeCamera,
  pixelOfRay,
  type PixelPosition,
  rayOfPixel,
  type Vector3,
} from './camera.js';
import { buildPanorama, type Coverage, type Panorama } from './panorama.js';
import { matrixOf, type Orientation, orientationsBetween } from './rotation.js';

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
    throw new RangeError(
      `Expected a part of a panorama, ${coverageDegrees} degrees across and at most 180 down (${sphereHeight} pixels), but received ${width}x${height}.`,
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
  { camera, first, last }: { camera: PinholeCamera; first: Orientation; last: Orientation },
  { longitudeRadians, latitudeRadians }: Coverage,
): boolean {
  const [right, bottom] = [camera.width - 1, camera.height - 1];
  const border = Array.from(
    { length: testedPixelsPerSide },
    (_, step) => step / (testedPixelsPerSide - 1),
  ).flatMap((share): PixelPosition[] => [
    { x: share * right, y: 0 },
    { x: share * right, y: bottom },
    { x: 0, y: share * bottom },
    { x: right, y: share * bottom },
  ]);
  return orientationsBetween(first, last, testedOrientations).every((orientation) => {
    const worldFromCamera = matrixOf(orientation);
    const [downX, downY, downZ] = worldFromCamera.slice(3, 6) as [number, number, number];
    const seesPole =
      latitudeRadians < Math.PI / 2 &&
      [-1, 1].some((pole) => isInPicture(camera, [downX * pole, downY * pole, downZ * pole]));
    return (
      !seesPole &&
      border.every((pixel) => {
        const angles = anglesOfDirection(turned(worldFromCamera, rayOfPixel(camera, pixel)));
        return (
          Math.abs(angles.longitudeRadians) <= longitudeRadians &&
          Math.abs(angles.latitudeRadians) <= latitudeRadians
        );
      })
    );
  });
}

/** Whether a direction in camera axes is seen; the pole may lie inside a picture whose border is covered. */
function isInPicture(camera: PinholeCamera, ray: readonly [number, number, number]): boolean {
  if (ray[2] <= 0) return false;
  const { x, y } = pixelOfRay(camera, ray);
  return x >= 0 && y >= 0 && x <= camera.width - 1 && y <= camera.height - 1;
}

function turned(m: readonly number[], [x, y, z]: Vector3): Vector3 {
  return [
    m[0]! * x + m[1]! * y + m[2]! * z,
    m[3]! * x + m[4]! * y + m[5]! * z,
    m[6]! * x + m[7]! * y + m[8]! * z,
  ];
}
