import { expect, test } from '@jest/globals';
import { ExponentialAverage } from './exponential-average.js';

test('follows a*average + (1-a)*weights, with a decay that warms up', () => {
  const weights = { w: { shape: [1], values: Float32Array.of(0) } };
  const average = new ExponentialAverage(weights, 0.5);
  weights.w.values[0] = 11;
  average.update(1);
  expect(average.values['w']![0]).toBeCloseTo((9 / 11) * 11, 5); // decay (1 + 1) / (10 + 1)
  weights.w.values[0] = 1;
  average.update(1000);
  expect(average.values['w']![0]).toBeCloseTo(0.5 * 9 + 0.5 * 1, 5); // decay 0.5
});
