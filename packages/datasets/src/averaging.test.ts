import { describe, expect, test } from '@jest/globals';
import type { RgbImage } from '@unblur/metrics';
import { averageFrames } from './averaging.js';

const flat = (value: number, width = 2, height = 1): RgbImage => ({
  width,
  height,
  data: new Float32Array(width * height * 3).fill(value),
});

describe('averageFrames', () => {
  test('means display values, or light', () => {
    const frames = [flat(0), flat(1), flat(0.5)];
    expect(averageFrames(frames, 'display').data[0]).toBeCloseTo(0.5, 7);
    expect(averageFrames(frames, 'linear-gamma-2.2').data[0]).toBeCloseTo(
      ((1 + 0.5 ** 2.2) / 3) ** (1 / 2.2),
      6,
    );
    expect(averageFrames([flat(0), flat(1)], 'linear-srgb').data[0]).toBeCloseTo(
      1.055 * 0.5 ** (1 / 2.4) - 0.055,
      6,
    );
  });

  test('keeps a still scene, in every space', () => {
    for (const averaging of ['display', 'linear-srgb', 'linear-gamma-2.2'] as const) {
      expect(averageFrames([flat(0.3), flat(0.3), flat(0.3)], averaging).data[3]).toBeCloseTo(0.3, 6);
    }
  });
});
