import { expect, test } from '@jest/globals';
import { availableParallelism } from 'node:os';
import { usefulWorkers } from './synthesis-pool.node.js';

test('no more workers are started than a machine has use for', () => {
  expect(usefulWorkers(0)).toBe(0);
  expect(usefulWorkers(1)).toBe(1);
  expect(usefulWorkers(1_000_000)).toBe(4 * availableParallelism());
});
