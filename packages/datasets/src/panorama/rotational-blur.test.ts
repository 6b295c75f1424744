import { describe, expect, test } from '@jest/globals';
import { createResponse, fullReading, renderCount, transferFunctions } from '../averaging.js';
import { createRandom } from '../random.js';
import { centredCamera, pixelOfRay, rayOfPixel, type Vector3 } from './camera.js';
import { buildPanorama } from './panorama.js';
import { addPerspective, createViewfinder } from './perspective.js';
import {
  axisAngleOf,
  fastestPixelsPerRadian,
  matrixOf,
  orientationOfAngles,
  orientationsBetween,
  randomShakeAxis,
  rotationAbout,
} from './rotation.js';
import { expose } from './rotational-blur.js';

const random = createRandom(8);
const panorama = buildPanorama(
  256,
  128,
  Uint8Array.from({ length: 256 * 128 * 3 }, () => random.below(256)),
);
const level = panorama.levels[0]!;
const identity = createResponse((value) => value);
const viewfinder = createViewfinder(centredCamera(20, 20, 30));

describe('expose', () => {
  const first = orientationOfAngles(170, 20, 5);
  const last = first.mul(rotationAbout([0.6, 0.8, 0], 12));

  test('blurs to the mean of the rendered frames, bit for bit', () => {
    const renderedFrames = 13;
    const { blurred, frames } = expose(
      level,
      viewfinder,
      identity,
      { first, last },
      { frames: 7, renderedFrames },
    );
    const rendered = orientationsBetween(first, last, renderedFrames).map((orientation) => {
      const readings = new Uint32Array(20 * 20 * 3);
      addPerspective(level, viewfinder, matrixOf(orientation), identity, readings);
      return readings;
    });
    for (let i = 0; i < blurred.length; i++) {
      const sum = rendered.reduce((total, readings) => total + readings[i]!, 0);
      expect(blurred[i]).toBe(Math.fround(sum / (renderedFrames * fullReading)));
    }
    for (const [index, frame] of frames.entries()) {
      expect(frame).toEqual(Float32Array.from(rendered[2 * index]!, (reading) => reading / fullReading));
    }
  });

  test('gives back the still picture where nothing moves', () => {
    const { blurred, frames } = expose(
      level,
      viewfinder,
      identity,
      { first, last: first },
      { frames: 3, renderedFrames: 3 },
    );
    expect(frames).toHaveLength(3);
    for (const frame of frames) expect(frame).toEqual(blurred);
  });

  test('refuses an exposure whose readings would not fit', () => {
    expect(() =>
      expose(level, viewfinder, identity, { first, last }, { frames: 3, renderedFrames: 4097 }),
    ).toThrow('at most 4096 rendered frames but it takes 4097');
  });
});

describe('renderCount', () => {
  test('is at least N, and lets the N frames be among the rendered ones', () => {
    for (const frames of [3, 5, 7, 9]) {
      for (const fastest of [0, 0.3, 5, 17.2, 100]) {
        const count = renderCount(fastest, frames, 1);
        expect(count).toBeGreaterThanOrEqual(frames);
        expect((count - 1) % (frames - 1)).toBe(0);
        expect(fastest / (count - 1)).toBeLessThanOrEqual(1);
        // No more than one interval of frames beyond what is needed.
        expect(count - 1 - Math.max(fastest, frames - 1)).toBeLessThan(frames - 1);
      }
    }
  });

  test('keeps neighbouring renders about one pixel apart everywhere in the image', () => {
    for (let i = 0; i < 20; i++) {
      const camera = centredCamera(64, 64, random.between(30, 200));
      const axis = randomShakeAxis(random, 0.5);
      const angleDegrees = random.between(0.5, 15);
      const rotation = rotationAbout(axis, angleDegrees);
      expect(axisAngleOf(rotation).angleDegrees).toBeCloseTo(angleDegrees, 10);
      const count = renderCount((fastestPixelsPerRadian(camera, axis) * angleDegrees * Math.PI) / 180, 7, 1);
      const step = rotationAbout(axis, angleDegrees / (count - 1));
      for (const x of [0, 31, 63]) {
        for (const y of [0, 31, 63]) {
          const moved = pixelOfRay(
            camera,
            step.rotateVector([...rayOfPixel(camera, { x, y })]) as unknown as Vector3,
          );
          expect(Math.hypot(moved.x - x, moved.y - y)).toBeLessThan(1.02);
        }
      }
    }
  });
});

describe('transferFunctions', () => {
  test.each(Object.entries(transferFunctions))('%s goes to light and back', (_, { lightOf, displayOf }) => {
    for (let byte = 0; byte <= 255; byte++) expect(displayOf(lightOf(byte / 255)) * 255).toBeCloseTo(byte, 3);
  });

  test('knows sRGB: display 0.5 is 0.21404 of the light', () => {
    expect(transferFunctions['linear-srgb'].lightOf(0.5)).toBeCloseTo(0.2140411, 7);
  });
});
