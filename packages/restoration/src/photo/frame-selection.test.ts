import { expect, test } from '@jest/globals';
import { commonFrameCount, selectFrames } from './frame-selection.js';

test('evenly spaced, with the first, middle and last', () => {
  expect(selectFrames(7, 3)).toEqual([0, 3, 6]);
  expect(selectFrames(9, 5)).toEqual([0, 2, 4, 6, 8]);
  expect(selectFrames(7, 7)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('one alone: the middle', () => expect(selectFrames(7, 1)).toEqual([3]));

test.each([0, 2, 4, 5, 8, 9, '3'])('%j of 7: says what is possible', (wanted) => {
  expect(() => selectFrames(7, wanted as number)).toThrow(
    `Expected 1 frame, the middle one, or 3 or 7 frames, which can be chosen evenly from this network's 7 with the first, middle and last among them, but received ${JSON.stringify(wanted)}`,
  );
});

test('what sequences of different lengths have in common', () => {
  expect(commonFrameCount(3, 7)).toBe(3);
  expect(commonFrameCount(7, 7)).toBe(7);
  expect(commonFrameCount(5, 7)).toBe(3);
  expect(commonFrameCount(9, 5)).toBe(5);
});
