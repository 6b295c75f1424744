import { describe, expect, test } from '@jest/globals';
import { createResponse, renderCount } from '../averaging.js';
import { createRandom } from '../random.js';
import {
  anglesOfDirection,
  centredCamera,
  cropCamera,
  pixelOfRay,
  rayOfPixel,
  type Vector3,
} from './camera.js';
import { buildPanorama } from './panorama.js';
import { createViewfinder } from './perspective.js';
import { type Orientation, orientationOfAngles, orientationsBetween, rotationAbout } from './rotation.js';
import { expose } from './rotational-blur.js';
import { anglesOfPanoramaPixel, directionOfAngles, panoramaPixelOfAngles } from './sphere.test-tool.js';

const random = createRandom(21);
const turned = (orientation: Orientation, vector: Vector3): Vector3 =>
  orientation.rotateVector([...vector]) as unknown as Vector3;
const dot = (a: Orientation, b: Orientation): number => a.w * b.w + a.x * b.x + a.y * b.y + a.z * b.z;
const randomOrientation = (): Orientation =>
  orientationOfAngles(random.between(-180, 180), random.between(-90, 90), random.between(-180, 180));
const randomAxis = (): Vector3 => [random.normal(), random.normal(), random.normal()];

describe('a camera of any size, window and orientation', () => {
  test('finds a pixel again that it followed to the panorama and back, within 1e-6 pixel', () => {
    let farthest = 0;
    for (let i = 0; i < 3000; i++) {
      const photo = centredCamera(1 + random.below(4000), 1 + random.below(4000), random.between(10, 5000));
      const camera = cropCamera(
        photo,
        random.between(-500, photo.width),
        random.between(-500, photo.height),
        1 + random.below(512),
      );
      const size = { width: 2 * (32 + random.below(4096)), height: 0 };
      size.height = size.width / 2;
      const orientation = randomOrientation();
      const pixel = { x: random.between(0, camera.width - 1), y: random.between(0, camera.height - 1) };
      const inPanorama = panoramaPixelOfAngles(
        anglesOfDirection(turned(orientation, rayOfPixel(camera, pixel))),
        size,
      );
      expect(
        inPanorama.x >= -0.5 &&
          inPanorama.x <= size.width - 0.5 &&
          inPanorama.y >= -0.5 &&
          inPanorama.y <= size.height - 0.5,
      ).toBe(true);
      const back = pixelOfRay(
        camera,
        turned(orientation.conjugate(), directionOfAngles(anglesOfPanoramaPixel(inPanorama, size))),
      );
      farthest = Math.max(farthest, Math.hypot(back.x - pixel.x, back.y - pixel.y));
    }
    expect(farthest).toBeLessThan(1e-6);
  });

  test('exposes frames in [0, 1] whose mean is the blurred picture, from the first orientation to the last', () => {
    const panorama = buildPanorama(
      256,
      128,
      Uint8Array.from({ length: 256 * 128 * 3 }, () => random.below(256)),
    );
    const response = createResponse((value) => value);
    for (let i = 0; i < 40; i++) {
      const camera = centredCamera(1 + random.below(40), 1 + random.below(40), random.between(8, 200));
      const viewfinder = createViewfinder(camera);
      const first = randomOrientation();
      const last = first.mul(rotationAbout(randomAxis(), random.between(0, 20)));
      const frames = 3 + 2 * random.below(4);
      // As many renders as frames: their mean is that of the frames.
      const exposure = expose(
        panorama.levels[0]!,
        viewfinder,
        response,
        { first, last },
        { frames, renderedFrames: renderCount(0, frames, 1) },
      );
      let farthest = 0;
      for (let value = 0; value < exposure.blurred.length; value++) {
        const values = exposure.frames.map((frame) => frame[value]!);
        farthest = Math.max(
          farthest,
          Math.abs(exposure.blurred[value]! - values.reduce((sum, one) => sum + one, 0) / frames),
          ...values.map((one) => Math.max(-one, one - 1)),
        );
      }
      expect(farthest).toBeLessThan(1e-6);
      const reversed = expose(
        panorama.levels[0]!,
        viewfinder,
        response,
        { first: last, last: first },
        { frames, renderedFrames: frames },
      );
      expect(reversed.frames[0]).toEqual(exposure.frames.at(-1));
      expect(reversed.frames.at(-1)).toEqual(exposure.frames[0]);
    }
  });
});

describe('Slerp between any two orientations', () => {
  test('keeps unit length, takes equal steps, the shortest way, from the first to the last', () => {
    for (let i = 0; i < 500; i++) {
      const first = randomOrientation();
      const sign = random.uniform() < 0.5 ? -1 : 1;
      const rotated = first.mul(rotationAbout(randomAxis(), random.between(0.01, 179)));
      // The same orientation has two quaternions of opposite sign.
      const last = rotated.scale(sign);
      const count = 2 + random.below(30);
      const path = orientationsBetween(first, last, count);
      const whole = 2 * Math.acos(Math.min(Math.abs(dot(first, last)), 1));
      for (const orientation of path) {
        expect(
          Math.abs(Math.hypot(orientation.w, orientation.x, orientation.y, orientation.z) - 1),
        ).toBeLessThan(1e-12);
      }
      for (let step = 1; step < count; step++) {
        const relative = path[step - 1]!.conjugate().mul(path[step]!);
        const angle = 2 * Math.atan2(Math.hypot(relative.x, relative.y, relative.z), Math.abs(relative.w));
        expect(Math.abs(angle - whole / (count - 1))).toBeLessThan(1e-7);
      }
      expect(Math.abs(dot(path[0]!, first))).toBeGreaterThan(1 - 1e-12);
      expect(Math.abs(dot(path.at(-1)!, last))).toBeGreaterThan(1 - 1e-12);
    }
  });
});
