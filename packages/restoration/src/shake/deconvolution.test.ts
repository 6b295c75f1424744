import { expect, test } from '@jest/globals';
import { deconvolve } from './deconvolution.js';
import { channelsOf, imageOf } from './planes.js';
import { bentPath, blurredBy, pattern, psnrAtBestShift } from './shaken-pattern.test-tool.js';

test('a known blur is undone, up to the edges', () => {
  const truth = pattern(100, 80);
  const blurred = blurredBy(truth, bentPath());
  const sharp = imageOf(deconvolve(channelsOf(blurred), bentPath()));
  expect(psnrAtBestShift(sharp, truth) - psnrAtBestShift(blurred, truth)).toBeGreaterThan(5);
  expect(psnrAtBestShift(sharp, truth, 3) - psnrAtBestShift(blurred, truth, 3)).toBeGreaterThan(3);
});

test('without blur a photograph stays as it is', () => {
  const truth = pattern(60, 50);
  const point = { sizePixels: 3, data: Float64Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0]) };
  expect(psnrAtBestShift(imageOf(deconvolve(channelsOf(truth), point)), truth)).toBeGreaterThan(38);
});
