import { expect, test } from '@jest/globals';
import { ssim, type RgbImage, type SsimWindow } from './index.js';

const sizes: Array<[SsimWindow, number]> = [
  ['gaussian', 11],
  ['uniform', 7],
];

function ramp(width: number, height: number, gain = 1): RgbImage {
  return {
    width,
    height,
    data: Float32Array.from({ length: width * height * 3 }, (_, i) => 0.5 + gain * 0.4 * Math.sin(i / 7)),
  };
}

test.each(sizes)('identical images: 1 (%s)', (window) => {
  expect(ssim(ramp(20, 15), ramp(20, 15), { window })).toBeCloseTo(1, 12);
});

test.each(sizes)('flat images: only the luminance term is left (%s)', (window) => {
  const dark = { width: 12, height: 12, data: new Float32Array(432).fill(0.25) };
  const bright = { width: 12, height: 12, data: new Float32Array(432).fill(0.5) };
  expect(ssim(dark, bright, { window })).toBeCloseTo(
    (2 * 0.25 * 0.5 + 1e-4) / (0.25 ** 2 + 0.5 ** 2 + 1e-4),
    9,
  );
});

test('an inverted pattern scores below zero', () => {
  expect(ssim(ramp(20, 20), ramp(20, 20, -1))).toBeLessThan(-0.5);
});

test.each(sizes)('the %s window needs %d pixels each way', (window, size) => {
  expect(ssim(ramp(size, size), ramp(size, size), { window })).toBeCloseTo(1, 12);
  expect(() => ssim(ramp(size - 1, size), ramp(size - 1, size), { window })).toThrow(
    `Expected at least ${size}x${size} pixels to compare but received ${size - 1}x${size}`,
  );
});

test('a window of another name is refused', () => {
  expect(() => ssim(ramp(20, 20), ramp(20, 20), { window: 'triangle' as 'uniform' })).toThrow(
    "Expected the window 'gaussian' or 'uniform' but received 'triangle'",
  );
});

test('values that are not finite, and a peak that is none, are refused', () => {
  const damaged = ramp(20, 20);
  damaged.data[610] = NaN;
  expect(() => ssim(ramp(20, 20), damaged)).toThrow(
    'Expected the second image to hold finite values but 1 of 1200 are not',
  );
  expect(() => ssim(ramp(20, 20), ramp(20, 20), { peak: 0 })).toThrow('Expected peak to be a number above 0');
});

test('bytes without their peak, and an option that is none, are refused', () => {
  const bytes = ramp(20, 20);
  for (const [i, value] of bytes.data.entries()) bytes.data[i] = Math.round(255 * value);
  expect(() => ssim(ramp(20, 20), bytes)).toThrow(
    'Expected the second image to hold values up to a peak of 1',
  );
  expect(ssim(bytes, bytes, { peak: 255 })).toBeCloseTo(1, 12);
  expect(() => ssim(bytes, bytes, { windows: 'uniform' } as never)).toThrow(
    "Expected options among window, peak, borderPixels but received 'windows'",
  );
});
