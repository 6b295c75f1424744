import { expect, test } from '@jest/globals';
import { clampToDisplay } from './display-range.js';

const divergedValue =
  'Expected finite values from the network but received infinite ones or NaN: its weights are damaged or their training diverged';

test('values beyond what a display shows are clamped', () => {
  expect(clampToDisplay(Float32Array.of(-0.5, 0.25, 1.5))).toEqual(Float32Array.of(0, 0.25, 1));
});

test.each([[NaN], [Infinity], [-Infinity]])('%p is refused', (value) => {
  expect(() => clampToDisplay(Float32Array.of(0.5, value, 0.5))).toThrow(divergedValue);
});
