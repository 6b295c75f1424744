import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { expectOneLine, openWorkplace } from '../unblur-command.test-tool.js';

const { folder, unblur } = openWorkplace();
const photo = join(folder, 'night.jpg');

beforeAll(async () => {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 60 };
  await sharp({ create: { width: 96, height: 80, channels: 3, background: 'grey', noise } })
    .blur(1.5)
    .withExifMerge({ IFD0: { Model: 'Camera of the test' } })
    .jpeg()
    .toFile(photo);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('writes a sharp photograph of the same size beside the shaken one, with what the camera noted', async () => {
  const { code, stdout } = unblur(['shake', photo]);
  const made = join(folder, 'night-unshaken.png');
  expect(stdout).toContain(`night.jpg (96x80) -> ${made}`);
  expect(code).toBe(0);
  const { width, height, exif } = await sharp(made).metadata();
  expect([width, height]).toEqual([96, 80]);
  expect(exif!.includes('Camera of the test')).toBe(true);
});

test('leaves an existing file, and says the numbers for programs', async () => {
  const out = join(folder, 'sharp.jpg');
  const first = unblur(['shake', photo, '--out', out, '--json', '--no-metadata']);
  const { file, kernel } = JSON.parse(first.stdout) as { file: string; kernel: { data: number[] } };
  expect(file).toBe(out);
  expect(kernel.data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 2);
  expect((await sharp(out).metadata()).exif).toBeUndefined();
  const bytes = readFileSync(out);
  const again = unblur(['shake', photo, '--out', out]);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('sharp.jpg exists; choose another name, or replace it with --overwrite');
  expect(readFileSync(out)).toEqual(bytes);
});

test.each([
  [
    ['--out', 'sharp.tif'],
    'Expected a name ending in .png, .webp, .avif, .jpeg for --out but received sharp.tif',
  ],
  [['--out', 'sharp.png', '--quality', '90'], 'Expected no quality for png'],
  [['--quality', '500'], "option '--quality <n>' argument '500' is invalid"],
])('refuses %j in one line', (options, message) => {
  const run = unblur(['shake', photo, ...options]);
  expect(run.stderr).toContain(message);
  expectOneLine(run, /^unblur: /, options.includes('500') ? 2 : 1);
  expect(existsSync(join(folder, 'sharp.tif'))).toBe(false);
});

test('a photograph that is too small is refused', async () => {
  const small = join(folder, 'small.png');
  await sharp({ create: { width: 40, height: 90, channels: 3, background: 'grey' } }).toFile(small);
  expectOneLine(unblur(['shake', small]), /at least 64x64 pixels but received 40x90/);
});
