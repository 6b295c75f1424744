import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { tinyWeights } from '../../../restoration/src/photo/tiny-network.test-tool.js';
import { tinyVideoFile } from '../../../restoration/src/video/tiny-video-network.test-tool.js';
import { openWorkplace, withoutProgress } from '../unblur-command.test-tool.js';

/** How Vulkan finds SwiftShader, a graphics device imitated on the processor, that comes with Chromium. */
const imitatedDevice = [
  ...(process.env['UNBLUR_CHROMIUM'] ? [dirname(process.env['UNBLUR_CHROMIUM'])] : []),
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
]
  .map((folder) => join(folder, 'vk_swiftshader_icd.json'))
  .find((path) => existsSync(path));
const testOnDevice =
  process.platform === 'linux' && process.arch === 'x64' && imitatedDevice ? test : test.skip;
if (testOnDevice === test.skip) console.log('skipped: a graphics device (no SwiftShader of a Chromium here)');

const { folder, write, unblur } = openWorkplace();
const unblurWithDrivers = (drivers: string, commandLine: string[]) =>
  unblur(commandLine, {
    env: {
      ...process.env,
      VK_ICD_FILENAMES: drivers,
      VK_DRIVER_FILES: drivers,
      // Without, some drivers complain.
      XDG_RUNTIME_DIR: folder,
    },
  });

beforeAll(async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  for (const name of ['photo.png', 'frames/0.png', 'frames/1.png']) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    await sharp({ create: { width: 48, height: 32, channels: 3, background: '#d08040', noise } })
      .png()
      .toFile(path);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function pixelsOf(path: string): Promise<Buffer> {
  return sharp(join(folder, path)).raw().toBuffer();
}

const largestDifference = (one: Buffer, other: Buffer): number =>
  one.reduce((largest, value, place) => Math.max(largest, Math.abs(value - other[place]!)), 0);

/** What both engines make of the same command line, as one of the pictures that they write. */
async function onBothEngines(commandLine: string[], picture: string): Promise<[Buffer, Buffer]> {
  const pictures: Buffer[] = [];
  for (const engine of ['onnxruntime', 'onnxruntime-webgpu']) {
    const { code, stderr } = unblurWithDrivers(imitatedDevice!, [
      ...commandLine,
      ...['--engine', engine, '--precision', 'float32', '--out', engine],
    ]);
    expect([withoutProgress(stderr), code]).toEqual(['', 0]);
    pictures.push(await pixelsOf(join(engine, picture)));
  }
  return pictures as [Buffer, Buffer];
}

testOnDevice('a graphics device restores what the processor does', async () => {
  const weights = write('tiny.safetensors', tinyWeights());
  const [onProcessor, onDevice] = await onBothEngines(
    ['restore', 'photo.png', '--weights', weights, '--frames', '3', '--scale', '1'],
    'photo/frame-0.png',
  );
  expect(largestDifference(onDevice, onProcessor)).toBeLessThanOrEqual(1);
  expect(largestDifference(onProcessor, await pixelsOf('photo.png'))).toBeGreaterThan(10);
});

testOnDevice('a graphics device deblurs clips as the processor does', async () => {
  const weights = write('video.safetensors', tinyVideoFile());
  const [onProcessor, onDevice] = await onBothEngines(['video', 'frames', '--weights', weights], '1.png');
  expect(largestDifference(onDevice, onProcessor)).toBeLessThanOrEqual(1);
});

testOnDevice('doctor measures the graphics device', () => {
  const { stdout } = unblurWithDrivers(imitatedDevice!, ['doctor', '--json']);
  expect(JSON.parse(stdout).graphics).toEqual({ convolutionGflops: expect.any(Number) });
});

const testOnLinux = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip;

testOnLinux('without a graphics device, its engine is refused before anything is written', () => {
  const commandLine = ['restore', 'photo.png', '--engine', 'onnxruntime-webgpu', '--out', 'nowhere'];
  const { code, stderr } = unblurWithDrivers('/missing', commandLine);
  // Before it, the library that looks for devices complains.
  expect(stderr.trim().split('\n').at(-1)).toMatch(
    /^unblur: Expected a graphics device for the engine 'onnxruntime-webgpu' but WebGPU finds no graphics device \(.*\); it needs a driver for Vulkan, Direct3D 12 or Metal; or use the engine 'onnxruntime'$/,
  );
  expect(code).toBe(1);
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  const doctor = unblurWithDrivers('/missing', ['doctor']);
  expect(doctor.stderr).toBe('');
  expect(doctor.stdout).toMatch(
    /^engine {3}onnxruntime-webgpu does not run: WebGPU finds no graphics device/m,
  );
});
