import { expect, test } from '@jest/globals';
import { tellResult } from './told-result.js';

const size = { width: 640, height: 360 };
const advice = { ifLong: 'choose a smaller size', ifNone: 'it may be sharp already' };

function told(lengthPixels: number, nextSize?: number): string {
  const motion = {
    exposure: { width: 0, height: 0, stridePixels: 4, data: new Float32Array() },
    path: [],
    rimPixels: 1,
    lengthPixels,
    reachPixels: 17.5,
  };
  const frames = Array.from({ length: 25 }, () => ({ ...size, rgba: new Uint8ClampedArray() }));
  return tellResult({ frames, motion, milliseconds: 8260 }, size, { ...advice, nextSize });
}

test('says what became of a photograph', () => {
  expect(told(5)).toBe('25 frames of 640 × 360 in 8.3 s.');
});

test('says that hardly anything moved, and what that may mean', () => {
  expect(told(1.2)).toBe(
    'Hardly any motion was found: it may be sharp already. 25 frames of 640 × 360 in 8.3 s.',
  );
});

test('says that the blur is too long, and what to do', () => {
  expect(told(18)).toMatch(/^The blur is longer than .* may remain: choose a smaller size\. 25 frames/);
});

test('says that there is more to be had, unless the blur is too long for that', () => {
  expect(told(8, 2)).toBe('25 frames of 640 × 360 in 8.3 s. A larger working size keeps more detail.');
  expect(told(9, 2)).toBe('25 frames of 640 × 360 in 8.3 s.');
});
