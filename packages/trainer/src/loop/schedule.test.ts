import { describe, expect, test } from '@jest/globals';
import { scheduleFactor } from './schedule.js';

describe('scheduleFactor', () => {
  test('the paper: halved after epochs 40 and 60 of 80', () => {
    const paper = { kind: 'step', at: [0.5, 0.75], factor: 0.5, warmupSteps: 0 } as const;
    const factors = [1, 40, 41, 60, 61, 80].map((epoch) =>
      scheduleFactor({ ...paper, at: [...paper.at] }, epoch, 80),
    );
    expect(factors).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
  });

  test('cosine: full after the warm-up, half way in the middle, its final share at the end', () => {
    const cosine = { kind: 'cosine', finalShare: 0.1, warmupSteps: 100 } as const;
    expect(scheduleFactor(cosine, 1, 1100)).toBeCloseTo(0.01, 10);
    expect(scheduleFactor(cosine, 50, 1100)).toBeCloseTo(0.5, 10);
    expect(scheduleFactor(cosine, 100, 1100)).toBe(1);
    expect(scheduleFactor(cosine, 600, 1100)).toBeCloseTo(0.55, 10);
    expect(scheduleFactor(cosine, 1100, 1100)).toBeCloseTo(0.1, 10);
  });
});
