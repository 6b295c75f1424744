import { expect, test } from '@jest/globals';
import { i420, i420Bytes } from './i420.js';

const plain = (...[red, green, blue]: [number, number, number]) => ({
  width: 2,
  height: 2,
  data: Float32Array.from({ length: 12 }, (_, at) => [red, green, blue][at % 3]!),
});

// ITU-R BT.709-6, items 3.4 and 4.6.
test.each([
  ['black', plain(0, 0, 0), [16, 128, 128]],
  ['white', plain(1, 1, 1), [235, 128, 128]],
  ['red', plain(1, 0, 0), [63, 102, 240]],
  ['green', plain(0, 1, 0), [173, 42, 26]],
  ['blue', plain(0, 0, 1), [32, 240, 118]],
])('writes %s as BT.709 has it', (_, image, [luma, blue, red]) => {
  const bytes = new Uint8Array(i420Bytes(2, 2));
  i420(image, bytes);
  expect([...bytes]).toEqual([luma, luma, luma, luma, blue, red]);
});

test('gives every pixel its own brightness, and four of them one colour', () => {
  const image = { width: 4, height: 2, data: new Float32Array(24) };
  image.data.fill(1, 3, 6);
  const bytes = new Uint8Array(i420Bytes(4, 2));
  i420(image, bytes);
  expect([...bytes]).toEqual([16, 235, 16, 16, 16, 16, 16, 16, 128, 128, 128, 128]);
});
