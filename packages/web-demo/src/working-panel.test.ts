import { expect, test } from '@jest/globals';
import { duration } from './working-panel.js';

test('tells durations no more exactly than they are known', () => {
  expect([0.2, 7.6, 12, 61, 100, 3000].map(duration)).toEqual([
    '1 s',
    '8 s',
    '10 s',
    '60 s',
    '2 min',
    '50 min',
  ]);
});
