import { expect, test } from '@jest/globals';
import { arrowEnlargement } from './motion.js';
import { globalPath } from './motion-summary.js';

const field = (data: number[]) => ({
  width: data.length / 2,
  height: 1,
  stridePixels: 4,
  data: Float32Array.from(data),
});

test('the motion of the picture as a whole is the mean', () => {
  const [start, middle] = globalPath([field([0.5, 7, 1.5, 7, 4, 7]), field([0, 0, 0, 0, 0, 0])]);
  expect(start).toEqual({ dx: 2, dy: 7 });
  expect(middle).toEqual({ dx: 0, dy: 0 });
});

test('motion is drawn longer while its arrows fit their cells', () => {
  expect(arrowEnlargement(40, 1)).toBe(1);
  expect(arrowEnlargement(2, 1)).toBe(20);
  expect(arrowEnlargement(1000, 1)).toBe(0.25);
});
