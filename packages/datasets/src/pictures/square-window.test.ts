import { expect, test } from '@jest/globals';
import { createRandom } from '../random.js';
import { cutWindow, drawSquareWindow } from './square-window.js';

test('cutWindow takes rows and columns, whatever the channels', () => {
  const values = Float32Array.from({ length: 4 * 3 * 2 }, (_, i) => i);
  expect([...cutWindow(values, 4, 2, { left: 1, top: 1, sizePixels: 2 })]).toEqual([
    10, 11, 12, 13, 18, 19, 20, 21,
  ]);
});

test('drawSquareWindow reaches every place, and none outside', () => {
  const random = createRandom(1);
  const places = new Set(
    Array.from({ length: 200 }, () => {
      const { left, top } = drawSquareWindow(random, { width: 5, height: 4 }, 3);
      return `${left} ${top}`;
    }),
  );
  expect([...places].sort()).toEqual(['0 0', '0 1', '1 0', '1 1', '2 0', '2 1']);
});
