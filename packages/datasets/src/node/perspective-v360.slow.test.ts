import { describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { centredCamera, focalPixelsOf } from '../camera.js';
import { addPerspective, createResponse, createViewfinder, FULL_READING } from '../perspective.js';
import { matrixOf, orientationOfAngles } from '../rotation.js';
import { newFolder } from './picture-folder.test-tool.js';
import { loadPanorama } from './panorama-folder.js';

const shared = process.env['UNBLUR_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const panoramaPath = join(shared, 'data', 'panoramas', 'val', 'polyhaven_tears_of_steel_bridge.jpg');
const isPossible = existsSync(panoramaPath) && spawnSync('ffmpeg', ['-version']).status === 0;
if (!isPossible) console.log(`skipping the comparison with ffmpeg's v360: it needs ffmpeg and ${panoramaPath}`);

const size = 256;
const fieldOfViewDegrees = 45;

/**
 * The panorama is handed over as decoded here: decoders differ in their chroma. ffmpeg's pitch looks up where ours looks down.
 */
function renderByFfmpeg(panoramaPng: string, yaw: number, pitch: number, roll: number): Uint8Array {
  const filter = `format=gbrp,v360=input=e:output=flat:interp=linear:w=${size}:h=${size}:h_fov=${fieldOfViewDegrees}:v_fov=${fieldOfViewDegrees}:yaw=${yaw}:pitch=${-pitch}:roll=${roll}`;
  return execFileSync('ffmpeg', ['-v', 'error', '-i', panoramaPng, '-vf', filter, '-frames:v', '1', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'], { maxBuffer: 2 ** 24 });
}

(isPossible ? describe : describe.skip)('the perspective of a real panorama', () => {
  // v360 spreads 360 degrees over width - 1 columns (likewise rows), so its picture drifts by up to half a panorama pixel away from the
  // middle, and is torn at the seam. These views are near the middle; the rest of the sphere is tested with an analytic panorama.
  it.each([
    [0, 0, 0],
    [8, 5, 30],
    [-12, -6, -75],
    [3, -10, 160],
  ])('agrees with ffmpeg v360 at yaw %d, pitch %d, roll %d', async (yaw, pitch, roll) => {
    const { levels } = await loadPanorama(panoramaPath);
    const panoramaPng = join(newFolder(), 'panorama.png');
    await sharp(panoramaPath).png({ compressionLevel: 1 }).toFile(panoramaPng);
    const camera = centredCamera(size, size, focalPixelsOf(fieldOfViewDegrees, size));
    const readings = new Uint32Array(size * size * 3);
    addPerspective(levels[0]!, createViewfinder(camera), matrixOf(orientationOfAngles(yaw, pitch, roll)), createResponse((value) => value), readings);
    const theirs = renderByFfmpeg(panoramaPng, yaw, pitch, roll);
    let squared = 0;
    for (let i = 0; i < theirs.length; i++) squared += (readings[i]! / FULL_READING - theirs[i]! / 255) ** 2;
    const psnr = 10 * Math.log10(theirs.length / squared);
    console.log(`PSNR against v360 at ${yaw}, ${pitch}, ${roll}: ${psnr.toFixed(1)} dB`);
    expect(psnr).toBeGreaterThan(45);
  });
});
