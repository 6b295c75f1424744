import { expect, test } from '@jest/globals';
import { WorkRates } from './work-rates.js';

test('forgets the slow first run, which compiles, with the second', () => {
  const rates = new WorkRates();
  rates.learn('analysis', 2, 1);
  rates.learn('analysis', 2, 0.1);
  expect(rates.seconds('analysis', 20)).toBeCloseTo(1, 6);
});

test('follows an engine that slows down, half of the way with each run', () => {
  const rates = new WorkRates();
  rates.learn('frame', 8, 1);
  rates.learn('frame', 4, 1);
  expect(rates.seconds('frame', 6)).toBeCloseTo(1, 6);
});

test('tells each half of the network by its own runs', () => {
  const rates = new WorkRates();
  rates.learn('frame', 8, 1);
  rates.learn('analysis', 2, 1);
  expect([rates.seconds('frame', 8), rates.seconds('analysis', 8)]).toEqual([1, 4]);
});

test('does not believe for ever that a run took no time, as a coarse clock says', () => {
  const rates = new WorkRates();
  rates.learn('frame', 8, 0);
  for (let run = 0; run < 20; run++) rates.learn('frame', 8, 1);
  expect(rates.seconds('frame', 8)).toBeCloseTo(1, 2);
});
