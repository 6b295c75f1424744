import { describe, expect, test } from '@jest/globals';
import { createRandom } from './random.js';

describe('createRandom', () => {
  test('gives equal streams for equal words and unrelated ones for neighbouring words', () => {
    const draw = (...words: number[]) => {
      const random = createRandom(...words);
      return Array.from({ length: 2000 }, () => random.uniform());
    };
    expect(draw(3, 7)).toEqual(draw(3, 7));
    const a = draw(3, 7);
    for (const words of [
      [3, 8],
      [4, 7],
      [7, 3],
      [3, 7 + 2 ** 32],
    ]) {
      const b = draw(...words);
      const correlation = (a.reduce((sum, value, i) => sum + (value - 0.5) * (b[i]! - 0.5), 0) / 2000) * 12;
      // Standard deviation of the correlation of unrelated streams: 1 / sqrt(2000) = 0.022.
      expect(Math.abs(correlation)).toBeLessThan(0.09);
    }
  });

  test('has the moments of its distributions', () => {
    const random = createRandom(1);
    const count = 20_000;
    const moments = (draw: () => number) => {
      const values = Array.from({ length: count }, draw);
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count] as const;
    };
    const [uniformMean, uniformVariance] = moments(() => random.between(-1, 3));
    expect(Math.abs(uniformMean - 1)).toBeLessThan(0.04);
    expect(Math.abs(uniformVariance - 16 / 12)).toBeLessThan(0.04);
    const [normalMean, normalVariance] = moments(() => random.normal());
    expect(Math.abs(normalMean)).toBeLessThan(0.035);
    expect(Math.abs(normalVariance - 1)).toBeLessThan(0.05);
    const counts = [0, 0, 0];
    for (let i = 0; i < 3000; i++) counts[random.below(3)]! += 1;
    for (const times of counts) expect(Math.abs(times - 1000)).toBeLessThan(110);
  });
});
