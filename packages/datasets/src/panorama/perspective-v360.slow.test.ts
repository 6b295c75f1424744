import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { createResponse, fullReading } from '../averaging.js';
import { newFolder } from '../pictures/picture-folder.test-tool.js';
import { anglesOfDirection, centredCamera, focalPixelsOf, rayOfPixel, type Vector3 } from './camera.js';
import { loadPanorama } from './panorama-source.node.js';
import type { PanoramaLevel } from './panorama.js';
import { addPerspective, createViewfinder } from './perspective.js';
import { matrixOf, type Orientation, orientationOfAngles } from './rotation.js';

const shared =
  process.env['UNBLUR_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const panoramaPath = join(shared, 'data', 'panoramas', 'val', 'polyhaven_tears_of_steel_bridge.jpg');
const isPossible = existsSync(panoramaPath) && spawnSync('ffmpeg', ['-version']).status === 0;
if (!isPossible) {
  console.log(`skipping the comparison with ffmpeg's v360: it needs ffmpeg and ${panoramaPath}`);
}

const size = 256;
const fieldOfViewDegrees = 45;

/**
 * The panorama is handed over as decoded here: decoders differ in their chroma. ffmpeg's pitch looks up where
 * ours looks down.
 */
function renderByFfmpeg(panoramaPng: string, yaw: number, pitch: number, roll: number): Uint8Array {
  const filter = `format=gbrp,v360=input=e:output=flat:interp=linear:w=${size}:h=${size}:h_fov=${fieldOfViewDegrees}:v_fov=${fieldOfViewDegrees}:yaw=${yaw}:pitch=${-pitch}:roll=${roll}`;
  return execFileSync(
    'ffmpeg',
    [
      '-v',
      'error',
      '-i',
      panoramaPng,
      '-vf',
      filter,
      '-frames:v',
      '1',
      '-pix_fmt',
      'rgb24',
      '-f',
      'rawvideo',
      '-',
    ],
    { maxBuffer: 2 ** 24 },
  );
}

/**
 * Where in a picture of `extent` pixels a share (0..1) of the full turn, or half turn, lies: pixels are
 * cells, or, for v360, the outermost ones' centres are the ends.
 */
const conventions = {
  ours: (share: number, extent: number): number => share * extent - 0.5,
  v360: (share: number, extent: number): number => share * (extent - 1),
};

/**
 * The plainest rendering, in double precision: every ray to its angles, to its place in the panorama,
 * bilinearly.
 */
function renderPlainly(
  { width, height, pixels }: PanoramaLevel,
  orientation: Orientation,
  placeOf: (share: number, extent: number) => number,
): Float64Array {
  const camera = centredCamera(size, size, focalPixelsOf(fieldOfViewDegrees, size));
  const values = new Float64Array(size * size * 3);
  for (let i = 0; i < size * size; i++) {
    const direction = orientation.rotateVector([
      ...rayOfPixel(camera, { x: i % size, y: Math.floor(i / size) }),
    ]) as unknown as Vector3;
    const { longitudeRadians, latitudeRadians } = anglesOfDirection(direction);
    // One for the border.
    const x = placeOf(longitudeRadians / (2 * Math.PI) + 0.5, width) + 1;
    const y = placeOf(latitudeRadians / Math.PI + 0.5, height) + 1;
    const [left, top] = [Math.floor(x), Math.floor(y)];
    for (let channel = 0; channel < 3; channel++) {
      const at = (column: number, row: number): number =>
        (pixels[row * (width + 2) + column]! >> (8 * channel)) & 255;
      const between = (row: number): number =>
        at(left, row) * (1 - x + left) + at(left + 1, row) * (x - left);
      values[i * 3 + channel] = between(top) * (1 - y + top) + between(top + 1) * (y - top);
    }
  }
  return values;
}

function psnrOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squared = 0;
  for (let i = 0; i < a.length; i++) squared += ((a[i]! - b[i]!) / 255) ** 2;
  return 10 * Math.log10(a.length / squared);
}

(isPossible ? describe : describe.skip)('the perspective of a real panorama', () => {
  const identity = createResponse((value) => value);
  let level: PanoramaLevel;
  let panoramaPng: string;
  beforeAll(async () => {
    level = (await loadPanorama(panoramaPath)).levels[0]!;
    panoramaPng = join(newFolder(), 'panorama.png');
    await sharp(panoramaPath).png({ compressionLevel: 1 }).toFile(panoramaPng);
  });

  // v360 spreads 360 degrees over width - 1 columns (likewise rows), so its picture is up to half a panorama
  // pixel off, but in the middle. A plain rendering in double precision shows that this is all: with our
  // convention it is what we see, with v360's what v360 sees, everywhere.
  test.each([
    { yaw: 0, pitch: 0, roll: 0, leastDirect: 45 },
    { yaw: 8, pitch: 5, roll: 30, leastDirect: 45 },
    { yaw: -12, pitch: -6, roll: -75, leastDirect: 45 },
    { yaw: 60, pitch: 20, roll: 15, leastDirect: 29 },
    { yaw: 120, pitch: -40, roll: 0, leastDirect: 29 },
    { yaw: -150, pitch: 45, roll: 160, leastDirect: 29 },
    { yaw: 180, pitch: 0, roll: 5, leastDirect: 29 },
    { yaw: 30, pitch: 85, roll: 0, leastDirect: 29 },
    { yaw: -77, pitch: -90, roll: 0, leastDirect: 29 },
  ])(
    'agrees with a plain rendering, and by it with ffmpeg v360, at yaw $yaw, pitch $pitch, roll $roll',
    ({ yaw, pitch, roll, leastDirect }) => {
      const orientation = orientationOfAngles(yaw, pitch, roll);
      const readings = new Uint32Array(size * size * 3);
      addPerspective(
        level,
        createViewfinder(centredCamera(size, size, focalPixelsOf(fieldOfViewDegrees, size))),
        matrixOf(orientation),
        identity,
        readings,
      );
      const ours = Float64Array.from(readings, (reading) => (reading / fullReading) * 255);
      const theirs = renderByFfmpeg(panoramaPng, yaw, pitch, roll);
      const [toPlain, theirsToPlain, direct] = [
        psnrOf(ours, renderPlainly(level, orientation, conventions.ours)),
        psnrOf(theirs, renderPlainly(level, orientation, conventions.v360)),
        psnrOf(ours, theirs),
      ];
      console.log(
        `yaw ${yaw}, pitch ${pitch}, roll ${roll}: ours to plain ${toPlain.toFixed(1)} dB, v360 to plain with its convention ${theirsToPlain.toFixed(1)} dB, ours to v360 ${direct.toFixed(1)} dB`,
      );
      expect(toPlain).toBeGreaterThan(60);
      expect(theirsToPlain).toBeGreaterThan(50);
      expect(direct).toBeGreaterThan(leastDirect);
    },
  );
});
