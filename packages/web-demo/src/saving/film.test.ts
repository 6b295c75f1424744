import { expect, test } from '@jest/globals';
import { frameLabel } from './film.js';

test('names frames so that they sort in time', () => {
  const labels = [0, 3, 3.125, 3.5, 10, 24].map(frameLabel);
  expect(labels).toEqual(['00', '03', '03.125', '03.5', '10', '24']);
  expect([...labels].sort()).toEqual(labels);
});
