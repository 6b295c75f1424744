import { describe, expect, test } from '@jest/globals';
import {
  addNoise,
  type Augmentation,
  colourCurve,
  defaultAugmentation,
  degrade,
  drawAugmentation,
  noAugmentation,
  rearrangePixels,
} from './augmentation.js';
import { drawAveraging, requireAveraging } from './averaging.js';
import { createRandom } from './random.js';

const still: Augmentation = {
  mirrorX: false,
  mirrorY: false,
  transpose: false,
  reverseTime: false,
  gains: [1, 1, 1],
  gamma: 1,
  noiseSigma: 0,
};
/** A 2x2 picture with pixels a b / c d, as [a, b, c, d]. */
const picture = Float32Array.from([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
const rearranged = (change: Partial<typeof still>) =>
  Array.from(rearrangePixels(picture, 2, { ...still, ...change })).filter((_, i) => i % 3 === 0);

describe('rearrangePixels', () => {
  test('mirrors, transposes and turns', () => {
    expect(rearranged({ mirrorX: true })).toEqual([2, 1, 4, 3]);
    expect(rearranged({ mirrorY: true })).toEqual([3, 4, 1, 2]);
    expect(rearranged({ transpose: true })).toEqual([1, 3, 2, 4]);
    expect(rearranged({ mirrorX: true, mirrorY: true })).toEqual([4, 3, 2, 1]);
    expect(rearranged({ mirrorX: true, transpose: true })).toEqual([3, 1, 4, 2]);
  });
});

describe('drawAugmentation', () => {
  test('draws nothing where all is switched off', () => {
    const random = createRandom(1);
    for (let i = 0; i < 50; i++) expect(drawAugmentation(random, noAugmentation)).toEqual(still);
  });

  test('without flips, quarter turns give the four turns and no mirror image', () => {
    const random = createRandom(2);
    const seen = new Set<string>();
    for (let i = 0; i < 100; i++) {
      seen.add(rearranged(drawAugmentation(random, { ...noAugmentation, quarterTurns: true })).join());
    }
    expect([...seen].sort()).toEqual(['1,2,3,4', '2,4,1,3', '3,1,4,2', '4,3,2,1'].sort());
  });

  test('with both, gives all eight arrangements about equally often', () => {
    const random = createRandom(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 1600; i++) {
      const key = rearranged(drawAugmentation(random, defaultAugmentation)).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(60);
  });

  test('leaves the other draws as they were when one is switched off', () => {
    const all = drawAugmentation(createRandom(4), defaultAugmentation);
    const some = drawAugmentation(createRandom(4), {
      ...defaultAugmentation,
      flips: false,
      quarterTurns: false,
      timeReversal: false,
    });
    expect(some.gains).toEqual(all.gains);
    expect(some.noiseSigma).toBe(all.noiseSigma);
  });
});

describe('colour and noise', () => {
  test('the curve is a power, then a gain, clipped', () => {
    const curve = colourCurve({ ...still, gamma: 2, gains: [1, 2, 8] });
    expect(curve(0.5, 0)).toBeCloseTo(0.25, 12);
    expect(curve(0.5, 1)).toBeCloseTo(0.5, 12);
    expect(curve(0.5, 2)).toBe(1);
  });

  test('noise has the stated deviation and stays in range', () => {
    const values = new Float32Array(30_000).fill(0.5);
    addNoise(values, 0.02, createRandom(5));
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / values.length);
    expect(deviation / 0.02).toBeCloseTo(1, 1);
    const dark = new Float32Array(1000);
    addNoise(dark, 0.5, createRandom(6));
    for (const value of dark) expect(value >= 0 && value <= 1).toBe(true);
    expect(Math.max(...dark)).toBeGreaterThan(0.3);
  });

  test('compresses the stated share of the pictures', () => {
    const random = createRandom(7);
    const picture = Float32Array.from({ length: 8 * 8 * 3 }, () => random.uniform());
    let compressed = 0;
    for (let seed = 0; seed < 400; seed++) {
      const data = picture.slice();
      degrade(
        { width: 8, height: 8, data },
        0,
        { ...noAugmentation, jpegQuality: [20, 40], jpegShare: 0.3 },
        createRandom(seed),
      );
      if (data.some((value, index) => value !== picture[index])) compressed++;
    }
    // 120 are expected, with a standard deviation of 9.2.
    expect(Math.abs(compressed - 120)).toBeLessThan(37);
  });
});

describe('drawAveraging', () => {
  test('takes each space as often as its weight says, and one space without drawing', () => {
    const random = createRandom(8);
    const drawn = Array.from({ length: 1000 }, () => drawAveraging(random, { display: 1, 'linear-srgb': 3 }));
    // 750 are expected, with a standard deviation of 13.7.
    expect(Math.abs(drawn.filter((space) => space === 'linear-srgb').length - 750)).toBeLessThan(55);
    expect(drawn).not.toContain('linear-gamma-2.2');
    const [a, b] = [createRandom(9), createRandom(9)];
    expect(drawAveraging(a, 'linear-gamma-2.2')).toBe('linear-gamma-2.2');
    expect(a.uniform()).toBe(b.uniform());
  });

  test('refuses weights that choose nothing', () => {
    expect(() => requireAveraging({ display: 0 })).toThrow('Expected averaging to be display or');
    expect(() => requireAveraging({ light: 1 } as object)).toThrow('but received {"light":1}');
  });
});
