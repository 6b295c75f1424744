import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  clipFamily,
  clipPreset,
  photoFamily,
  photoPreset,
  type ClipConfig,
  type PhotoConfig,
} from '@unblur/core-model';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { expectOneLine, openWorkplace } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();
const channels: PhotoConfig['channels'] = [32, 32, 32, 32];
const photoConfig: PhotoConfig = { ...photoPreset, channels };
const clipConfig: ClipConfig = { ...clipPreset, channels, windowFrames: 3 };

beforeAll(async () => {
  for (const name of ['photos', 'frames']) mkdirSync(join(folder, name));
  for (const name of ['photos/one.png', 'photos/two.jpg', 'frames/0.png', 'frames/1.png', 'frames/2.png']) {
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
    const picture = sharp({ create: { width: 64, height: 48, channels: 3, background: 'grey', noise } });
    write(name, await picture.toFormat(name.endsWith('png') ? 'png' : 'jpeg').toBuffer());
  }
  write(
    'photo.safetensors',
    photoFamily.writeWeights(photoFamily.initialWeights(photoConfig, 1), photoConfig, { dtype: 'float16' }),
  );
  write(
    'clip.safetensors',
    clipFamily.writeWeights(clipFamily.initialWeights(clipConfig, 1), clipConfig, { dtype: 'float16' }),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(folder, name));

test('weights for photographs are calibrated on photographs, and restore', () => {
  const run = unblur([
    'calibrate',
    'photo.safetensors',
    'photos',
    '--except',
    'decoder0',
    '--out',
    'sharp.safetensors',
  ]);
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/^photo\.safetensors -> sharp\.safetensors: calibrated, \d+\.\d MB\n$/);
  const [before, after] = ['photo.safetensors', 'sharp.safetensors'].map((name) =>
    photoFamily.readWeights(read(name)),
  );
  expect({ ...after!, ranges: undefined }).toEqual({ ...before!, ranges: undefined });
  expect(Object.keys(after!.ranges!)).toContain('encoder0.block0.first');
  expect(Object.keys(after!.ranges!).some((layer) => layer.startsWith('decoder0'))).toBe(false);
  const restored = unblur(['restore', 'photos/one.png', '--weights', 'sharp.safetensors', '--json']);
  expect(JSON.parse(restored.stdout)).toMatchObject({ restored: [{ photo: 'photos/one.png' }], failed: [] });
  const precisionOf = (result: string) =>
    JSON.parse(read(`restored/${result}/restoration.json`).toString()).madeWith.precision;
  expect(precisionOf('one')).toBe('int8');
  // What weights that are not calibrated are computed in, whatever is asked for.
  const uncalibrated = ['restore', 'photos/two.jpg', '--weights', 'photo.safetensors', '--json'];
  expect(unblur(uncalibrated).code).toBe(0);
  expect(precisionOf('two')).toBe('float32');
  expect(JSON.parse(unblur([...uncalibrated, '--precision', 'float32']).stdout)).toMatchObject({
    restored: [],
    alreadyRestored: [{ photo: 'photos/two.jpg' }],
  });
});

test('weights for video are calibrated on clips and folders of frames', () => {
  const run = unblur(['calibrate', 'clip.safetensors', 'frames', '--out', 'clip-int8.safetensors', '--json']);
  expect(JSON.parse(run.stdout)).toEqual({
    file: 'clip-int8.safetensors',
    bytes: read('clip-int8.safetensors').length,
  });
  expect(Object.keys(clipFamily.readWeights(read('clip-int8.safetensors')).ranges!)).toContain(
    'encoder0.block0.first',
  );
});

test.each([
  [
    'a file that exists',
    ['photo.safetensors', 'photos', '--out', 'clip.safetensors'],
    /clip\.safetensors exists/,
  ],
  ['no photograph', ['photo.safetensors', 'nothing.png', '--out', 'new.safetensors'], /nothing\.png/],
  [
    'a layer that is none',
    ['photo.safetensors', 'photos', '--except', 'encode9', '--out', 'new.safetensors'],
    /received 'encode9'/,
  ],
  [
    'another kind of file',
    ['photos/one.png', 'photos', '--out', 'new.safetensors'],
    /photos\/one\.png cannot be used/,
  ],
])('%s: one line, and no file', (_, options, message) => {
  expectOneLine(unblur(['calibrate', ...options]), message);
  expect(() => read('new.safetensors')).toThrow();
});
