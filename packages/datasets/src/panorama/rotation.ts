import { Quaternion } from 'quaternion';
import type { Random } from '../random.js';
import type { PinholeCamera, Vector3 } from './camera.js';

/** Orientation of a camera as a unit quaternion that turns camera axes into world axes. */
export type Orientation = Quaternion;

/** Row-major 3x3 matrix. */
export type Matrix3 = readonly number[];

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/**
 * Orientation of a camera that first rolls about its view, then pitches (positive looks down), then yaws
 * (positive looks right).
 */
export function orientationOfAngles(
  yawDegrees: number,
  pitchDegrees: number,
  rollDegrees: number,
): Orientation {
  return Quaternion.fromAxisAngle([0, 1, 0], radians(yawDegrees))
    .mul(Quaternion.fromAxisAngle([1, 0, 0], -radians(pitchDegrees)))
    .mul(Quaternion.fromAxisAngle([0, 0, 1], radians(rollDegrees)));
}

/** Rotation by `angleDegrees` about an axis (of any length but zero). */
export function rotationAbout(axis: Vector3, angleDegrees: number): Quaternion {
  return Quaternion.fromAxisAngle([...axis], radians(angleDegrees));
}

/**
 * A camera's hand-shake axis, a unit vector in camera axes: it lies in the image plane in a uniformly random
 * direction (the hand turns the lens up, down and sideways), tilted out of it by `rollShare` times a standard
 * normal number (it rolls a little).
 */
export function randomShakeAxis(random: Random, rollShare: number): Vector3 {
  const direction = random.between(0, 2 * Math.PI);
  const roll = rollShare * random.normal();
  const length = Math.hypot(1, roll);
  return [Math.cos(direction) / length, Math.sin(direction) / length, roll / length];
}

/**
 * Rotation by uniform Euler angles (about x, y, z in turn), each in [-limitDegrees, limitDegrees]: the
 * paper's random rotation.
 */
export function randomEulerRotation(random: Random, limitDegrees: number): Quaternion {
  const angle = (): number => random.between(-limitDegrees, limitDegrees);
  return rotationAbout([1, 0, 0], angle())
    .mul(rotationAbout([0, 1, 0], angle()))
    .mul(rotationAbout([0, 0, 1], angle()));
}

/** Axis (unit vector) and angle in [0, 180] degrees of a rotation; the z axis for no rotation at all. */
export function axisAngleOf(rotation: Quaternion): { axis: Vector3; angleDegrees: number } {
  const sign = rotation.w < 0 ? -1 : 1;
  const sine = Math.hypot(rotation.x, rotation.y, rotation.z);
  if (sine === 0) return { axis: [0, 0, 1], angleDegrees: 0 };
  return {
    axis: [(sign * rotation.x) / sine, (sign * rotation.y) / sine, (sign * rotation.z) / sine],
    angleDegrees: (2 * Math.atan2(sine, sign * rotation.w) * 180) / Math.PI,
  };
}

/**
 * `count` orientations from `first` to `last` at even times: Slerp, the shortest arc at constant angular
 * speed.
 */
export function orientationsBetween(first: Orientation, last: Orientation, count: number): Orientation[] {
  const slerp = first.slerp(last);
  return Array.from({ length: count }, (_, index) => slerp(count === 1 ? 0 : index / (count - 1)));
}

export function matrixOf(rotation: Quaternion): Matrix3 {
  return rotation.toMatrix(false);
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
