import { frameTimes } from '@unblur/core-model';
import { expect, test } from '@jest/globals';
import { earlyOrder, evenTimes, frameCount, shownTimes } from './frame-order.js';

test('makes the middle, the ends, then halves what is between', () => {
  expect(earlyOrder([-1, -0.5, 0, 0.5, 1])).toEqual([2, 0, 4, 1, 3]);
  expect(earlyOrder([-1, 1])).toEqual([0, 1]);
});

test('makes every frame of the page once, seven evenly spaced ones among them', () => {
  expect([...earlyOrder(shownTimes)].sort((a, b) => a - b)).toEqual(shownTimes.map((_, index) => index));
  expect(shownTimes[(frameCount - 1) / 2]).toBe(0);
  expect(shownTimes.filter((_, index) => index % 4 === 0)).toHaveLength(7);
});

test('has the times of the core model', () => {
  for (const count of [2, 7, frameCount]) expect(evenTimes(count)).toEqual(frameTimes(count));
});
