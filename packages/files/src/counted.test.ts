import { expect, test } from '@jest/globals';
import { counted } from './counted.js';

test('one thing is told from several, and from none', () => {
  expect([0, 1, 2].map((count) => counted(count, 'frame'))).toEqual(['0 frames', '1 frame', '2 frames']);
});
