import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../random.js';
import { centredCamera, cropCamera, focalPixelsOf, pixelOfRay, rayOfPixel, type Vector3 } from './camera.js';
import {
  axisAngleOf,
  fastestPixelsPerRadian,
  orientationOfAngles,
  orientationsBetween,
  randomShakeAxis,
  rotationAbout,
} from './rotation.js';

describe('the pinhole camera', () => {
  test('sees its field of view from edge to edge', () => {
    const camera = centredCamera(300, 200, focalPixelsOf(90, 300));
    expect(camera.focalPixels).toBeCloseTo(150, 12);
    expect(rayOfPixel(camera, { x: -0.5, y: 99.5 })).toEqual([expect.closeTo(-1, 12), 0, 1]);
    expect(rayOfPixel(camera, { x: 299.5, y: 99.5 })[0]).toBeCloseTo(1, 12);
  });

  test('takes pixels to rays and back within 1e-6 pixel, for random cameras and windows', () => {
    const random = createRandom(2);
    for (let i = 0; i < 200; i++) {
      const photo = centredCamera(1 + random.below(4000), 1 + random.below(4000), random.between(1, 5000));
      const camera = cropCamera(photo, random.below(50), random.below(50), 64);
      const pixel = { x: random.between(0, 63), y: random.between(0, 63) };
      const [x, y, z] = rayOfPixel(camera, pixel);
      const back = pixelOfRay(camera, [3 * x, 3 * y, 3 * z]);
      expect(Math.hypot(back.x - pixel.x, back.y - pixel.y)).toBeLessThan(1e-6);
    }
  });

  test('sees in a window what the photograph sees there', () => {
    const photo = centredCamera(256, 256, 200);
    const window = cropCamera(photo, 30, 70, 128);
    expect(rayOfPixel(window, { x: 5, y: 6 })).toEqual(rayOfPixel(photo, { x: 35, y: 76 }));
  });
});

describe('fastestPixelsPerRadian', () => {
  test('is the focal length at the centre for a turn across the view, and the radius for a roll', () => {
    const onePixel = centredCamera(1, 1, 321);
    expect(fastestPixelsPerRadian(onePixel, [0, 1, 0])).toBeCloseTo(321, 10);
    const camera = centredCamera(201, 101, 500);
    expect(fastestPixelsPerRadian(camera, [0, 0, 1])).toBeCloseTo(Math.hypot(100, 50), 10);
  });

  test('agrees with the finite difference of projected points, for random axes and cameras', () => {
    const random = createRandom(9);
    for (let i = 0; i < 20; i++) {
      const camera = cropCamera(
        centredCamera(64, 64, random.between(30, 300)),
        random.below(40),
        random.below(40),
        24,
      );
      const axis = randomShakeAxis(random, 1);
      const step = 1e-6;
      const turn = rotationAbout(axis, (step * 180) / Math.PI);
      let fastest = 0;
      for (let y = 0; y < 24; y++) {
        for (let x = 0; x < 24; x++) {
          const moved = pixelOfRay(
            camera,
            turn.rotateVector([...rayOfPixel(camera, { x, y })]) as unknown as Vector3,
          );
          fastest = Math.max(fastest, Math.hypot(moved.x - x, moved.y - y) / step);
        }
      }
      expect(fastestPixelsPerRadian(camera, axis) / fastest).toBeCloseTo(1, 4);
    }
  });
});

describe('rotations', () => {
  test('Slerp keeps unit length and constant angular speed about one axis, on the shortest arc', () => {
    const random = createRandom(4);
    for (let i = 0; i < 50; i++) {
      const first = orientationOfAngles(
        random.between(-180, 180),
        random.between(-90, 90),
        random.between(-180, 180),
      );
      const axis = randomShakeAxis(random, 2);
      const angleDegrees = random.between(0.01, 179);
      const last = first.mul(rotationAbout(axis, angleDegrees));
      // The same orientation with the other sign must not send it the long way round.
      const target = i % 2 === 0 ? last : last.neg();
      const path = orientationsBetween(first, target, 7);
      for (const [index, orientation] of path.entries()) {
        expect(orientation.norm()).toBeCloseTo(1, 12);
        const travelled = axisAngleOf(first.conjugate().mul(orientation));
        expect(Math.abs(travelled.angleDegrees - (angleDegrees * index) / 6)).toBeLessThan(1e-9);
        if (index > 0) for (const k of [0, 1, 2] as const) expect(travelled.axis[k]).toBeCloseTo(axis[k], 6);
      }
    }
  });

  test('positive yaw looks right, positive pitch down, and roll keeps the view', () => {
    const viewOf = (yaw: number, pitch: number, roll: number) =>
      orientationOfAngles(yaw, pitch, roll).rotateVector([0, 0, 1]) as number[];
    expect(viewOf(90, 0, 0)[0]).toBeCloseTo(1, 12);
    expect(viewOf(0, 90, 0)[1]).toBeCloseTo(1, 12);
    expect(viewOf(0, 0, 70)[2]).toBeCloseTo(1, 12);
    expect(viewOf(30, 20, 50)[1]).toBeCloseTo(Math.sin(Math.PI / 9), 12);
  });

  test('random shake axes are unit vectors with the stated share of roll', () => {
    const random = createRandom(6);
    const axes = Array.from({ length: 4000 }, () => randomShakeAxis(random, 0.3));
    for (const axis of axes) expect(Math.hypot(...axis)).toBeCloseTo(1, 12);
    const tilt = axes.reduce((sum, [x, y, z]) => sum + (z / Math.hypot(x, y)) ** 2, 0) / axes.length;
    expect(Math.sqrt(tilt)).toBeCloseTo(0.3, 1);
    expect(Math.abs(axes.reduce((sum, [x]) => sum + x, 0) / axes.length)).toBeLessThan(0.06);
  });
});
