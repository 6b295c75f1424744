import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { expectOneLine, openWorkplace, untrainedWeights } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();
const weights = write('weights.safetensors', untrainedWeights());

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('writes a file and says what it takes and gives', () => {
  const { code, stdout, stderr } = unblur([
    'export',
    weights,
    'model.onnx',
    '--size',
    '24x40',
    '--frames',
    '3',
    '--json',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({
    file: 'model.onnx',
    network: 'photo',
    inputs: { blurred: { shape: [1, 24, 40, 3] } },
    outputs: { frames: { shape: [3, 24, 40, 3] }, motions: { shape: [3, 6, 10, 2] } },
    times: [-1, 0, 1],
    bytes: readFileSync(join(folder, 'model.onnx')).length,
  });
});

test('knows bundled weights by name, those for video too, where a folder has that name', () => {
  mkdirSync(join(folder, 'video-small'));
  const { code, stdout } = unblur(['export', 'video-small', 'video.onnx', '--size', '128x192']);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^video-small -> video\.onnx: the video-deblur network for images of height 128 and width 192, [\d.]+ MB\n {2}takes frames: float32 \[3, 128, 192, 3\].*\n {2}gives sharp: float32 \[1, 128, 192, 3\]/,
  );
});

test('replaces a file only where it is told to, and refuses before it reads the weights', () => {
  write('kept.onnx', 'of another');
  const commandLine = ['export', weights, 'kept.onnx', '--size', '24x40'];
  const refusal = /^unblur: kept\.onnx exists; choose another name, or replace it with --overwrite$/m;
  expectOneLine(unblur(commandLine), refusal);
  expectOneLine(unblur(['export', 'none', ...commandLine.slice(2)]), refusal);
  expect(readFileSync(join(folder, 'kept.onnx'), 'utf8')).toBe('of another');
  expect(unblur([...commandLine, '--overwrite']).code).toBe(0);
  expect(readFileSync(join(folder, 'kept.onnx')).length).toBeGreaterThan(1000);
});

test.each([
  [[weights, 'a.onnx'], /required option '--size <HxW>' not specified/, 2],
  [
    [weights, 'a.onnx', '--size', '64'],
    /Expected a height and a width from 1 to 16384 pixels, such as 480x640/,
    2,
  ],
  [[weights, 'a.onnx', '--size', '0x64'], /Expected a height and a width/, 2],
  [[weights, 'a.onnx', '--size', '16384x16384'], /Expected at most 100 megapixels/, 2],
  [[weights, 'a.onnx', '--size', 'dynamic'], /Expected one height and width.*Export a file for each size/, 2],
  [[weights, 'a.onnx', '--size', '8x8'], /Expected a height and width of at least/, 1],
  [[weights, 'a.jpg', '--size', '64x64'], /Expected a file that ends in \.onnx/, 1],
  [
    ['none', 'a.onnx', '--size', '64x64'],
    /names? of bundled weights \(photo, video-small\), but none is neither/,
    1,
  ],
  [['.', 'a.onnx', '--size', '64x64'], /Could not read \.: this is a folder/, 1],
  [
    ['video-small', 'a.onnx', '--size', '64x64', '--frames', '3'],
    /Expected no number of frames for a video network/,
    1,
  ],
] as [string[], RegExp, number][])('refuses %j in one line', (commandLine, message, code) => {
  expectOneLine(unblur(['export', ...commandLine]), message, code);
  expect(existsSync(join(folder, 'a.onnx'))).toBe(false);
});
