import { describe, expect, it } from '@jest/globals';
import { selectFrames } from './frame-selection.js';

describe('selectFrames', () => {
  it.each([
    [7, 7, [0, 1, 2, 3, 4, 5, 6]],
    [7, 3, [0, 3, 6]],
    [9, 5, [0, 2, 4, 6, 8]],
    [3, 3, [0, 1, 2]],
  ])('of %i keeps %i, evenly spaced with first, middle and last', (available, wanted, indices) => {
    expect(selectFrames(available, wanted)).toEqual(indices);
  });

  it.each([
    [7, 5, '3 or 7'],
    [7, 9, '3 or 7'],
    [3, 5, 'of which 3 can'],
  ])('of %i refuses %i and says what is possible', (available, wanted, possible) => {
    expect(() => selectFrames(available, wanted)).toThrow(possible);
  });
});
