import { expect, test } from '@jest/globals';
import { WorkingProgress } from './working-progress.js';

test('the bar does not go back where the next piece begins earlier than expected', () => {
  const progress = new WorkingProgress();
  expect(progress.at({ fromShare: 0, toShare: 0.5, seconds: 10 }, 8).share).toBeCloseTo(0.4, 6);
  expect(progress.at({ fromShare: 0.2, toShare: 0.5, seconds: 30 }, 0).share).toBeCloseTo(0.4, 6);
  expect(progress.at({ fromShare: 0.2, toShare: 0.5, seconds: 30 }, 25).share).toBeCloseTo(0.45, 6);
});

test('the bar is never full while a piece is under way, however long that takes', () => {
  const progress = new WorkingProgress();
  expect(progress.at({ fromShare: 0.8, toShare: 1, seconds: 1 }, 100).share).toBeCloseTo(0.98, 6);
  // A clip may have more frames than it says.
  expect(progress.at({ fromShare: 1, toShare: 1, seconds: 1 }, 0).share).toBeLessThan(1);
});

test('waits for a little more time than was told, and tells much more', () => {
  const progress = new WorkingProgress();
  const left = (secondsLeft: number, passed = 0) =>
    progress.at({ fromShare: 0.1, toShare: 0.9, seconds: 10, secondsLeft }, passed).secondsLeft;
  expect([left(20), left(20, 4), left(18), left(18, 3)]).toEqual([20, 16, 16, 15]);
  expect([left(40), left(40, 10)]).toEqual([40, 30]);
});

test('tells no time where none is known', () => {
  const piece = { fromShare: 0, toShare: 1, seconds: 10 };
  expect(new WorkingProgress().at(piece, 1)).toEqual({ share: 0.1, secondsLeft: undefined });
});
