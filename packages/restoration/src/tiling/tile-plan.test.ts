import { describe, expect, test } from '@jest/globals';
import { featherShares, planTiles, type TileLimits } from './tile-plan.js';

const limits: TileLimits = { multiple: 32, overlapPixels: 64, maximumPixels: 256 * 256 };

describe('planTiles', () => {
  test('one tile while the photograph fits', () => {
    expect(planTiles(256, 256, limits)).toEqual({ tileWidth: 256, tileHeight: 256, columns: [0], rows: [0] });
  });

  test.each([
    [288, 256],
    [4096, 3072],
    [8064, 32],
    [32, 8064],
    [2016, 160],
    [544, 4000 - (4000 % 32)],
  ])(
    '%dx%d: tiles of one size within the budget cover it, aligned, with the overlap asked for',
    (width, height) => {
      const plan = planTiles(width, height, limits);
      expect(plan.tileWidth * plan.tileHeight).toBeLessThanOrEqual(limits.maximumPixels);
      for (const [length, size, starts] of [
        [width, plan.tileWidth, plan.columns],
        [height, plan.tileHeight, plan.rows],
      ] as const) {
        expect(size % 32).toBe(0);
        expect(starts[0]).toBe(0);
        expect(starts.at(-1)! + size).toBe(length);
        for (let i = 1; i < starts.length; i++) {
          expect(starts[i]! % 32).toBe(0);
          expect(starts[i - 1]! + size - starts[i]!).toBeGreaterThanOrEqual(limits.overlapPixels);
        }
      }
    },
  );

  test('a budget below the smallest useful tile says how much more is needed', () => {
    expect(() => planTiles(1024, 1024, { ...limits, maximumPixels: 128 * 128 })).toThrow(
      '160x160 is the smallest that gives seamless results; raise the memory budget at least 2-fold',
    );
  });
});

describe('featherShares', () => {
  const size = 96;
  const starts = [0, 64, 96, 160];
  const length = 256;
  const shares = featherShares(length, size, starts);

  test('the shares of all tiles add up to 1 at every place', () => {
    const total = new Float64Array(length);
    shares.forEach((share, tile) =>
      share.forEach((value, offset) => (total[starts[tile]! + offset]! += value)),
    );
    for (const sum of total) expect(sum).toBeCloseTo(1, 6);
  });

  test('nothing of the outer quarter of an overlap is used, everything at the edges of the photograph', () => {
    expect([...shares[1]!.subarray(0, 8)]).toEqual(new Array(8).fill(0));
    expect(shares[1]![9]).toBeGreaterThan(0);
    expect([...shares[0]!.subarray(0, 64)]).toEqual(new Array(64).fill(1));
    expect(shares[3]![size - 1]).toBe(1);
  });

  test('rises smoothly: no step larger than a half cosine over half the overlap has', () => {
    const largestStep = (Math.PI / 2) * (1 / 16);
    for (let i = 1; i < 32; i++) {
      expect(Math.abs(shares[1]![i]! - shares[1]![i - 1]!)).toBeLessThanOrEqual(largestStep);
    }
  });
});
