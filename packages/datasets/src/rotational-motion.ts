import { pixelOfRay, rayOfPixel, type PinholeCamera } from './camera.js';
import { matrixOf, orientationsBetween, type Orientation } from './rotation.js';
import type { Vector3 } from './sphere.js';

/**
 * How far a still world moves in the picture while the camera turns through half of its rotation, at every
 * pixel of the middle frame: half the difference of the optical flows from there to the last and to the first
 * frame.
 *
 * @returns `height * width * 2` values (dx, dy) in pixels.
 */
export function rotationalMotionPixels(
  camera: PinholeCamera,
  first: Orientation,
  last: Orientation,
): Float32Array {
  const [, middle] = orientationsBetween(first, last, 3) as [Orientation, Orientation, Orientation];
  const firstFromMiddle = matrixOf(first.conjugate().mul(middle));
  const lastFromMiddle = matrixOf(last.conjugate().mul(middle));
  const motion = new Float32Array(camera.width * camera.height * 2);
  for (let y = 0, out = 0; y < camera.height; y++) {
    for (let x = 0; x < camera.width; x++, out += 2) {
      const ray = rayOfPixel(camera, { x, y });
      const atFirst = pixelOfRay(camera, turned(firstFromMiddle, ray));
      const atLast = pixelOfRay(camera, turned(lastFromMiddle, ray));
      motion[out] = (atLast.x - atFirst.x) / 2;
      motion[out + 1] = (atLast.y - atFirst.y) / 2;
    }
  }
  return motion;
}

function turned(m: readonly number[], [x, y, z]: Vector3): Vector3 {
  return [
    m[0]! * x + m[1]! * y + m[2]! * z,
    m[3]! * x + m[4]! * y + m[5]! * z,
    m[6]! * x + m[7]! * y + m[8]! * z,
  ];
}
