import { expect, test } from '@jest/globals';
import { WorkRates } from './work-rates.js';

test('forgets the slow first run, which compiles, with the second', () => {
  const rates = new WorkRates();
  rates.learn('analysis', 2, 1);
  rates.learn('analysis', 2, 0.1);
  expect(rates.seconds('analysis', 20)).toBeCloseTo(1, 6);
});

test('follows an engine that slows down, and no single run that something disturbed', () => {
  const rates = new WorkRates();
  for (let run = 0; run < 5; run++) rates.learn('frame', 8, 1);
  rates.learn('frame', 8, 4);
  rates.learn('frame', 8, 0.1);
  expect(rates.seconds('frame', 8)).toBe(1);
  for (let run = 0; run < 3; run++) rates.learn('frame', 8, 4);
  expect(rates.seconds('frame', 8)).toBe(4);
});

test('takes large runs at their word, and small ones as long as there are no others', () => {
  const rates = new WorkRates();
  for (let run = 0; run < 5; run++) rates.learn('analysis', 1, 1);
  rates.learn('analysis', 4, 2);
  expect(rates.seconds('analysis', 4)).toBe(2);
  rates.learn('analysis', 1, 1);
  expect(rates.seconds('analysis', 4)).toBe(2);
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
