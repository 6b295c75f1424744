import { expect, test } from '@jest/globals';
import { explainShortage } from './memory-shortage.js';

test.each([
  "Can't create a session. ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc",
  'Array buffer allocation failed',
  'WebAssembly.Memory(): could not allocate memory',
  'Out of memory',
])('%s is said to people', (message) => {
  expect(explainShortage(new RangeError(message)).message).toMatch(/^The memory .* Choose a smaller size/);
});

test('other errors stay', () => {
  const cause = new Error('The photograph is 3x2 pixels.');
  expect(explainShortage(cause)).toBe(cause);
});
