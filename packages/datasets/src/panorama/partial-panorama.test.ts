import { describe, expect, test } from '@jest/globals';
import { createResponse, fullReading } from '../averaging.js';
import { createRandom } from '../random.js';
import { centredCamera } from './camera.js';
import { buildPartialPanorama, staysWithin } from './partial-panorama.js';
import { addPerspective, createViewfinder } from './perspective.js';
import { matrixOf, orientationOfAngles, rotationAbout } from './rotation.js';

const identity = createResponse((value) => value);

describe('buildPartialPanorama', () => {
  test('puts the image into the middle of the sphere, at its scale', () => {
    // 90 degrees across 100 pixels: a sphere of 400x200, of which 50 rows are 45 degrees.
    const rgb = new Uint8Array(100 * 50 * 3).fill(200);
    const { levels, coverage } = buildPartialPanorama(100, 50, rgb, 90);
    expect(levels[0]).toMatchObject({ width: 400, height: 200 });
    expect((coverage.longitudeRadians * 180) / Math.PI).toBeCloseTo(45 - 1.8, 5);
    expect((coverage.latitudeRadians * 180) / Math.PI).toBeCloseTo(22.5 - 1.8, 5);
    expect(() => buildPartialPanorama(100, 250, new Uint8Array(100 * 250 * 3), 90)).toThrow(
      'Expected a part of a panorama, 90 degrees across and at most 180 down (200 pixels), but received 100x250.',
    );
  });

  test('takes a whole panorama as it is', () => {
    const { levels, coverage } = buildPartialPanorama(64, 32, new Uint8Array(64 * 32 * 3), 360);
    expect(levels[0]).toMatchObject({ width: 64, height: 32 });
    expect(coverage).toEqual({ longitudeRadians: Math.PI, latitudeRadians: Math.PI / 2 });
  });
});

describe('staysWithin', () => {
  const { levels, coverage } = buildPartialPanorama(200, 120, new Uint8Array(200 * 120 * 3).fill(255), 150);
  const camera = centredCamera(32, 32, 30);

  test('holds for an exposure exactly where it shows no black', () => {
    const random = createRandom(5);
    const counts = { inside: 0, outside: 0 };
    for (let i = 0; i < 300; i++) {
      const first = orientationOfAngles(
        random.between(-60, 60),
        random.between(-50, 50),
        random.between(-180, 180),
      );
      const last = first.mul(rotationAbout([random.normal(), random.normal(), random.normal()], 5));
      let darkest = 1;
      for (const orientation of [first, last]) {
        const readings = new Uint32Array(32 * 32 * 3);
        addPerspective(levels[0]!, createViewfinder(camera), matrixOf(orientation), identity, readings);
        darkest = Math.min(
          darkest,
          readings.reduce((least, reading) => Math.min(least, reading / fullReading), 1),
        );
      }
      if (staysWithin({ camera, first, last }, coverage)) {
        counts.inside++;
        expect(darkest).toBe(1);
      } else if (darkest < 1) {
        counts.outside++;
      }
    }
    expect(counts.inside).toBeGreaterThan(20);
    expect(counts.outside).toBeGreaterThan(100);
  });

  test('sees a missing pole inside a picture whose border is covered', () => {
    const straightUp = orientationOfAngles(0, -90, 0);
    const wide = centredCamera(32, 32, 4);
    const ring = { longitudeRadians: Math.PI, latitudeRadians: 1.2 };
    expect(staysWithin({ camera: wide, first: straightUp, last: straightUp }, ring)).toBe(false);
    expect(
      staysWithin(
        { camera: wide, first: straightUp, last: straightUp },
        { ...ring, latitudeRadians: Math.PI / 2 },
      ),
    ).toBe(true);
  });
});
