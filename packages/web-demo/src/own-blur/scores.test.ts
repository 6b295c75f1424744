import { describe, expect, test } from '@jest/globals';
import { betterOrder, scoreBothOrders } from './scores.js';

const flat = (value: number) => ({ width: 12, height: 12, data: new Float32Array(12 * 12 * 3).fill(value) });

describe('scoreBothOrders', () => {
  const truth = [flat(0.2), flat(0.5), flat(0.8)];

  test('finds that a reversed sequence fits in reverse', () => {
    const scores = scoreBothOrders(flat(0.5), [flat(0.8), flat(0.5), flat(0.2)], truth);
    expect(betterOrder(scores)).toBe('reverse');
    expect(scores[0]!.psnr.reverse).toBe(100);
    expect(scores[1]!.psnr.forward).toBe(100);
  });

  test('gives 20 lg(1 / difference) as PSNR, of the blurred photograph too', () => {
    const [first] = scoreBothOrders(flat(0.5), [flat(0.3), flat(0.5), flat(0.8)], truth);
    expect(first!.psnr.forward).toBeCloseTo(20, 4);
    expect(first!.psnr.blurred).toBeCloseTo(20 * Math.log10(1 / 0.3), 4);
    expect(betterOrder([first!])).toBe('forward');
  });
});
