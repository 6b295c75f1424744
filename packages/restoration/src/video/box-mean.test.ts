import { expect, test } from '@jest/globals';
import { BoxMean } from './box-mean.js';

test('gives means of what lies inside, as adding up does', () => {
  const [columns, rows, radius] = [7, 5, 2];
  const values = Float32Array.from({ length: columns * rows }, (_, place) => ((place * 13) % 11) / 11);
  const means = new BoxMean(columns, rows, radius).apply(values.slice());
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const within: number[] = [];
      for (let row = Math.max(0, y - radius); row <= Math.min(rows - 1, y + radius); row++) {
        for (let column = Math.max(0, x - radius); column <= Math.min(columns - 1, x + radius); column++) {
          within.push(values[row * columns + column]!);
        }
      }
      const mean = within.reduce((sum, value) => sum + value, 0) / within.length;
      expect(means[y * columns + x]).toBeCloseTo(mean, 5);
    }
  }
});
