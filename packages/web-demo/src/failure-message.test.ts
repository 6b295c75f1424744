import { expect, test } from '@jest/globals';
import { failureMessage } from './failure-message.js';

test.each([
  "Can't create a session. ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc",
  'Array buffer allocation failed',
  'WebAssembly.Memory(): could not allocate memory',
  'Out of memory',
])('%s is said to people', (message) => {
  expect(failureMessage(new RangeError(message))).toMatch(
    /^This browser did not provide enough memory\. Choose a smaller size/,
  );
});

test.each([
  'Failed to fetch dynamically imported module: https://example.org/assets/clip-desk-1a2b.js',
  'error loading dynamically imported module: https://example.org/assets/clip-desk-1a2b.js',
  'Importing a module script failed.',
])('a part of the page that is missing is said to people: %s', (message) => {
  expect(failureMessage(new TypeError(message))).toMatch(/^A part of this page .* load the page again/);
});

test('other failures are told as they are', () => {
  expect(failureMessage(new Error('The photograph is 3x2 pixels.'))).toBe('The photograph is 3x2 pixels.');
});
