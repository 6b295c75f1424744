import { describe, expect, test } from '@jest/globals';
import type { RgbImage } from '@unblur/metrics';
import { averageFrames, exposeFrames } from './averaging.js';
import { cropImage } from './pictures/picture-filters.js';
import { windowStarts } from './video/video-samples.node.js';

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
      expect(exposeFrames([flat(0.3), flat(0.3), flat(0.3)], averaging).blurred.data[3]).toBeCloseTo(0.3, 6);
    }
  });

  test('refuses no frames and frames of several sizes', () => {
    expect(() => averageFrames([], 'display')).toThrow('at least one frame');
    expect(() => averageFrames([flat(0), flat(0, 3)], 'display')).toThrow(
      'of one size, 2x1, but frame 1 is 3x1',
    );
  });
});

describe('cropImage', () => {
  const image: RgbImage = { width: 3, height: 2, data: Float32Array.from({ length: 18 }, (_, i) => i) };

  test('cuts rows and columns', () => {
    expect(Array.from(cropImage(image, { left: 1, top: 1, width: 2, height: 1 }).data)).toEqual([
      12, 13, 14, 15, 16, 17,
    ]);
  });

  test('refuses what lies outside', () => {
    expect(() => cropImage(image, { left: 2, top: 0, width: 2, height: 1 })).toThrow(
      'inside 3x2 but received 2x1 at (2, 0)',
    );
  });
});

describe('windows', () => {
  test('start a stride apart and end within the video', () => {
    expect(windowStarts(20, 7, 7)).toEqual([0, 7]);
    expect(windowStarts(21, 7, 7)).toEqual([0, 7, 14]);
    expect(windowStarts(9, 7, 1)).toEqual([0, 1, 2]);
    expect(windowStarts(6, 7, 1)).toEqual([]);
  });
});
