import { describe, expect, test } from '@jest/globals';
import { angleRangeAt, panoramaDefaults, resolvePanoramaOptions } from './panorama-options.js';

describe('resolvePanoramaOptions', () => {
  test('fills in the defaults, and a photograph at least as large as the picture', () => {
    expect(resolvePanoramaOptions({})).toEqual(panoramaDefaults);
    expect(resolvePanoramaOptions({ sizePixels: 512 }).photoPixels).toBe(512);
    expect(resolvePanoramaOptions({ augmentation: { flips: false } }).augmentation.gain).toEqual(
      panoramaDefaults.augmentation.gain,
    );
  });

  test.each([
    [{ frames: 4 }, 'Expected frames to be an odd number from 3 to 255 but received 4.'],
    [{ sizePixels: 0 }, 'Expected sizePixels to be a whole number from 1 to 4096 but received 0.'],
    [
      { sizePixels: 64, photoPixels: 32 },
      'Expected photoPixels to be an integer from sizePixels (64) to 16384 but received 32.',
    ],
    [
      { angleDegrees: [5, 1] as [number, number] },
      'Expected angleDegrees to be [minimum, maximum] within 0..90 but received [5,1].',
    ],
    [
      { averaging: 'linear' as never },
      'Expected averaging to be display or linear-srgb or linear-gamma-2.2, or weights of these but received "linear".',
    ],
    [
      { augmentation: { gamma: [0, 1] as [number, number] } },
      'Expected augmentation.gamma to be [minimum, maximum] within 0.1..10 but received [0,1].',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => resolvePanoramaOptions(options)).toThrow(message);
  });
});

describe('angleRangeAt', () => {
  test('is constant without a curriculum', () => {
    expect(angleRangeAt([1, 10], 12345)).toEqual([1, 10]);
  });

  test('moves linearly between the rows and stays at the ends', () => {
    const curriculum: Array<[number, [number, number]]> = [
      [100, [0, 2]],
      [300, [1, 10]],
    ];
    expect([0, 100, 200, 300, 1000].map((index) => angleRangeAt(curriculum, index))).toEqual([
      [0, 2],
      [0, 2],
      [0.5, 6],
      [1, 10],
      [1, 10],
    ]);
  });
});
