import { expect, test } from '@jest/globals';
import { listFirst } from './list-first.js';

test.each([
  [listFirst(['a']), 'a'],
  [listFirst([...'abcde']), 'a, b, c, d, e'],
  [listFirst([...'abcdefg']), 'a, b, c, d, e and 2 more'],
  [listFirst(['a', 'b'], 9), 'a, b and 7 more'],
])('lists %s', (listed, wanted) => {
  expect(listed).toBe(wanted);
});
