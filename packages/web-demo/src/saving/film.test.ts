import { expect, test } from '@jest/globals';
import { frameLabel } from './film.js';

test('names frames so that they sort in time', () => {
  const labels = [0, 3, 3.125, 3.5, 10, 24].map(frameLabel);
  expect(labels).toEqual(['01', '04', '04.125', '04.5', '11', '25']);
  expect([...labels].sort()).toEqual(labels);
});
