import { expect, test } from '@jest/globals';
import { expectKnownKeys, number, range } from './schema.js';

const frames = range(number({ min: 1, max: 9, integer: true }));

test('a range has a lower and a higher end', () => {
  expect(frames.read([3, 9], 'data.exposureFrames')).toEqual([3, 9]);
  expect(frames.read([3, 3], 'data.exposureFrames')).toEqual([3, 3]);
});

test.each([
  [
    [9, 3],
    "Expected a range from its lower end to its higher one for 'data.exposureFrames' but received [9,3].",
  ],
  [[3], "Expected a list of 2 for 'data.exposureFrames' but received [3]."],
  [[0, 3], "Expected a whole number from 1 to 9 for 'data.exposureFrames[0]' but received 0."],
])('%j is none', (value, message) => {
  expect(() => frames.read(value, 'data.exposureFrames')).toThrow(message);
});

test('a key that is part of a known one is taken for that, however near others are', () => {
  const expectOf = (key: string) => () => expectKnownKeys({ [key]: 1 }, ['seed', 'stageSteps', 'torch'], '');
  expect(expectOf('steps')).toThrow("Unknown key 'steps'; did you mean 'stageSteps'?");
  expect(expectOf('seeed')).toThrow("Unknown key 'seeed'; did you mean 'seed'?");
  expect(expectOf('source')).toThrow("Unknown key 'source'; the keys of a run are seed, stageSteps, torch.");
});
