import { describe, expect, test } from '@jest/globals';
import { createResponse, fullReading } from '../averaging.js';
import { createRandom } from '../random.js';
import {
  anglesOfDirection,
  centredCamera,
  cropCamera,
  rayOfPixel,
  type PinholeCamera,
  type Vector3,
} from './camera.js';
import { buildPanorama, type PanoramaLevel } from './panorama.js';
import { addPerspective, createViewfinder, levelFor, openSensor } from './perspective.js';
import { type Matrix3, matrixOf, type Orientation, orientationOfAngles } from './rotation.js';
import { anglesOfPanoramaPixel, directionOfAngles, panoramaPixelOfAngles } from './sphere.test-tool.js';

const identity = createResponse((value) => value);

function render(
  level: PanoramaLevel,
  camera: PinholeCamera,
  worldFromCamera: Matrix3,
  response = identity,
): number[] {
  const readings = new Uint32Array(camera.width * camera.height * 3);
  addPerspective(level, createViewfinder(camera), worldFromCamera, response, readings);
  return Array.from(readings, (reading) => reading / fullReading);
}

/** The colour of each direction: its coordinates, from [-1, 1] to [0, 1]. */
const colourOf = (direction: readonly number[]): number[] =>
  direction.map((coordinate) => (coordinate + 1) / 2);

function analyticPanorama(width: number): PanoramaLevel {
  const size = { width, height: width / 2 };
  const rgb = new Uint8Array(width * size.height * 3);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < width; x++) {
      rgb.set(
        colourOf(directionOfAngles(anglesOfPanoramaPixel({ x, y }, size))).map((value) =>
          Math.round(value * 255),
        ),
        (y * width + x) * 3,
      );
    }
  }
  return buildPanorama(width, size.height, rgb).levels[0]!;
}

const worldRay = (camera: PinholeCamera, orientation: Orientation, x: number, y: number): Vector3 => {
  const ray = rayOfPixel(camera, { x, y });
  const length = Math.hypot(...ray);
  return orientation.rotateVector([ray[0] / length, ray[1] / length, ray[2] / length]) as unknown as Vector3;
};

describe('looking into a panorama whose every direction has a known colour', () => {
  const level = analyticPanorama(1024);
  // Bytes are rounded by half a level; the chord of a pixel's arc, the position and the response add less
  // than a tenth.
  const bound = 0.6 / 255;

  function largestError(camera: PinholeCamera, orientation: Orientation): number {
    const rendered = render(level, camera, matrixOf(orientation));
    let largest = 0;
    for (let y = 0; y < camera.height; y++) {
      for (let x = 0; x < camera.width; x++) {
        const expected = colourOf(worldRay(camera, orientation, x, y));
        for (let channel = 0; channel < 3; channel++) {
          largest = Math.max(
            largest,
            Math.abs(rendered[(y * camera.width + x) * 3 + channel]! - expected[channel]!),
          );
        }
      }
    }
    return largest;
  }

  test.each([
    ['ahead', 0, 0, 0],
    ['to the right', 90, 0, 0],
    ['at the seam', 180, 0, 0],
    ['at the seam, tilted', -179.7, 33, 12],
    ['straight up', 0, -90, 0],
    ['straight down', 77, 90, 45],
    ['just off the pole', 130, 89.9, 0],
  ])('is right %s', (_, yaw, pitch, roll) => {
    expect(largestError(centredCamera(65, 65, 40), orientationOfAngles(yaw, pitch, roll))).toBeLessThan(
      bound,
    );
  });

  test('is right for random cameras, windows and orientations', () => {
    const random = createRandom(11);
    for (let i = 0; i < 60; i++) {
      const photo = centredCamera(2 + random.below(200), 2 + random.below(200), random.between(20, 400));
      const camera = cropCamera(
        photo,
        random.below(photo.width),
        random.below(photo.height),
        1 + random.below(32),
      );
      const orientation = orientationOfAngles(
        random.between(-180, 180),
        random.between(-90, 90),
        random.between(-180, 180),
      );
      expect(largestError(camera, orientation)).toBeLessThan(bound);
    }
  });
});

describe('addPerspective', () => {
  const size = { width: 4096, height: 2048 };

  /**
   * A panorama with one ramp: 16 levels per pixel along the columns or the rows, so that a position is read
   * off the value.
   */
  function ramp(along: 'x' | 'y'): PanoramaLevel {
    const rgb = new Uint8Array(size.width * size.height * 3);
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        rgb.fill(((along === 'x' ? x : y) % 16) * 16, (y * size.width + x) * 3, (y * size.width + x) * 3 + 3);
      }
    }
    return buildPanorama(size.width, size.height, rgb).levels[0]!;
  }

  test.each(['x', 'y'] as const)('meets positions in a 4096-pixel panorama to 0.01 pixel (%s)', (along) => {
    const level = ramp(along);
    const random = createRandom(3);
    let compared = 0;
    let largest = 0;
    for (let i = 0; i < 40; i++) {
      const camera = centredCamera(24, 24, random.between(20, 600));
      const orientation = orientationOfAngles(
        random.between(-180, 180),
        random.between(-90, 90),
        random.between(-180, 180),
      );
      const rendered = render(level, camera, matrixOf(orientation));
      for (let pixel = 0; pixel < 24 * 24; pixel++) {
        const expected = panoramaPixelOfAngles(
          anglesOfDirection(worldRay(camera, orientation, pixel % 24, Math.floor(pixel / 24))),
          size,
        )[along];
        const phase = ((expected % 16) + 16) % 16;
        // The ramp falls back between 15 and 16; the outermost half pixel belongs to the borders.
        if (phase > 14.9 || expected < 0.1 || expected > size[along === 'x' ? 'width' : 'height'] - 1.1) {
          continue;
        }
        compared++;
        largest = Math.max(largest, Math.abs((rendered[pixel * 3]! * 255) / 16 - phase));
      }
    }
    expect(compared).toBeGreaterThan(15_000);
    expect(largest).toBeLessThan(0.01);
  });

  test('adds to the readings, through the response of each channel', () => {
    const level = analyticPanorama(128);
    const camera = centredCamera(8, 8, 10);
    const orientation = matrixOf(orientationOfAngles(10, 20, 30));
    const halved = createResponse((value, channel) => [value, value / 2, 1 - value][channel]!);
    const plain = render(level, camera, orientation);
    for (const [i, value] of render(level, camera, orientation, halved).entries()) {
      expect(value).toBeCloseTo([plain[i]!, plain[i]! / 2, 1 - plain[i]!][i % 3]!, 5);
    }
    const readings = new Uint32Array(8 * 8 * 3);
    for (let i = 0; i < 3; i++) {
      addPerspective(level, createViewfinder(camera), orientation, identity, readings);
    }
    for (const [i, reading] of readings.entries()) {
      expect(reading / fullReading / 3).toBeCloseTo(plain[i]!, 12);
    }
  });

  test('refuses a sensor whose memory another one has taken', () => {
    const level = analyticPanorama(128);
    const viewfinder = createViewfinder(centredCamera(8, 8, 10));
    const orientation = matrixOf(orientationOfAngles(10, 20, 30));
    const first = openSensor(level, viewfinder, identity, 1);
    const second = openSensor(level, viewfinder, identity, 1);
    expect(() => first.expose(0, orientation)).toThrow('Expected the sensor that was opened last');
    second.expose(0, orientation);
    expect(second.sheets[0]!.some((reading) => reading > 0)).toBe(true);
  });

  test('keeps full white white and black black', () => {
    for (const byte of [0, 255]) {
      const { levels } = buildPanorama(128, 64, new Uint8Array(128 * 64 * 3).fill(byte));
      for (const level of levels) {
        for (const value of render(
          level,
          centredCamera(9, 9, 5),
          matrixOf(orientationOfAngles(40, -60, 3)),
        )) {
          expect(value).toBe(byte / 255);
        }
      }
    }
  });
});

describe('levelFor', () => {
  test("takes the level whose pixels are nearest to the camera's in size", () => {
    const panorama = buildPanorama(1024, 512, new Uint8Array(1024 * 512 * 3));
    const focalOfRatio = (ratio: number) => 1024 / (2 * Math.PI) / ratio;
    const widthFor = (ratio: number) => levelFor(panorama, focalOfRatio(ratio)).width;
    expect([0.3, 1, 1.4, 1.45, 2, 2.8, 2.9, 100].map(widthFor)).toEqual([
      1024, 1024, 1024, 512, 512, 512, 256, 64,
    ]);
  });
});
