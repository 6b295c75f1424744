import { expect, test } from '@jest/globals';
import { psnr, type RgbImage } from './index.js';

function flat(width: number, height: number, value: number): RgbImage {
  return { width, height, data: new Float32Array(width * height * 3).fill(value) };
}

test('a constant difference of 0.1 is 20 dB, and of a tenth of any peak too', () => {
  expect(psnr(flat(4, 3, 0.5), flat(4, 3, 0.6))).toBeCloseTo(20, 5);
  expect(psnr(flat(4, 3, 100), flat(4, 3, 125.5), { peak: 255 })).toBeCloseTo(20, 5);
});

test('identical images: Infinity', () => {
  expect(psnr(flat(2, 2, 0.3), flat(2, 2, 0.3))).toBe(Infinity);
});

test('the border is left out on all four sides', () => {
  const inside = flat(5, 4, 0.5);
  const damaged = flat(5, 4, 0.5);
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 5; x++) {
      if (x === 0 || y === 0 || x === 4 || y === 3) {
        damaged.data.fill(1, (y * 5 + x) * 3, (y * 5 + x + 1) * 3);
      }
    }
  }
  expect(psnr(inside, damaged, { borderPixels: 1 })).toBe(Infinity);
  expect(psnr(inside, damaged)).toBeCloseTo(10 * Math.log10(20 / (14 * 0.25)), 5);
});

test('says what was wrong with images that do not compare', () => {
  expect(() => psnr(flat(4, 3, 0), flat(3, 4, 0))).toThrow(
    'Expected two images of one size but received 4x3 and 3x4',
  );
  expect(() => psnr(flat(4, 3, 0), { width: 4, height: 3, data: new Float32Array(12) })).toThrow(
    'Expected 4x3x3 = 36 RGB values but received 12',
  );
  expect(() => psnr(flat(4, 4, 0), flat(4, 4, 0), { borderPixels: 2 })).toThrow(
    'at least 1x1 pixels to compare but received 4x4 with 2 border pixels',
  );
  expect(() => psnr(flat(4, 4, 0), flat(4, 4, 0), { borderPixels: 0.5 })).toThrow(
    'Expected borderPixels to be a whole number',
  );
});

test.each([undefined, null, {}, { data: new Float32Array(3) }, 'text', []])(
  'says what is no image: %j',
  (wrong) => {
    expect(() => psnr(wrong as never, flat(4, 3, 0))).toThrow(
      /^Expected the first image as { width, height, data } but received /,
    );
    expect(() => psnr(flat(4, 3, 0), wrong as never)).toThrow(
      /^Expected the second image as { width, height, data } but received /,
    );
  },
);

test('names the image with values that are not finite, and how many they are', () => {
  const damaged = flat(4, 3, 0.5);
  damaged.data.set([NaN, Infinity], (2 * 4 + 1) * 3);
  expect(() => psnr(flat(4, 3, 0.5), damaged)).toThrow(
    new RangeError(
      'Expected the second image to hold finite values but 2 of 36 are not, the first NaN in column 1, row 2; look at how it was computed',
    ),
  );
  expect(() => psnr(damaged, damaged)).toThrow('Expected the first image to hold finite values');
  expect(psnr(flat(4, 3, 0.5), damaged, { borderPixels: 1 })).toBe(Infinity);
});

test.each([0, -1, NaN, Infinity])('refuses a peak of %d', (peak) => {
  expect(() => psnr(flat(4, 3, 0), flat(4, 3, 1), { peak })).toThrow(
    `Expected peak to be a number above 0 but received ${peak}`,
  );
});

test.each([
  ['Uint8Array', 255],
  ['Uint8ClampedArray', 255],
  ['Uint16Array', 65535],
] as const)('wants to know the peak of a %s', (type, peak) => {
  const whole = (value: number) =>
    ({ ...flat(4, 3, 0), data: new globalThis[type](36).fill(value) }) as unknown as RgbImage;
  expect(() => psnr(flat(4, 3, 0), whole(1))).toThrow(
    new RangeError(
      `Expected a peak for whole numbers, but the second image holds them and received none; say the largest possible value, such as { peak: ${peak} }`,
    ),
  );
  expect(psnr(whole(0), whole(peak / 5), { peak })).toBeCloseTo(20 * Math.log10(5), 9);
});

test('refuses values that a peak of 1 cannot be meant for, and no overshoot', () => {
  const [one, other] = [flat(4, 3, 0.5), flat(4, 3, 0.5)];
  other.data[(2 * 4 + 1) * 3] = 200;
  const message =
    'to hold values up to a peak of 1 but received 200 in column 1, row 2; say the largest possible value, such as { peak: 255 } for bytes';
  expect(() => psnr(one, other)).toThrow(new RangeError(`Expected the second image ${message}`));
  expect(() => psnr(other, other)).toThrow(new RangeError(`Expected the first image ${message}`));
  expect(psnr(one, other, { borderPixels: 1 })).toBe(Infinity);
  expect(psnr(one, other, { peak: 255 })).toBeGreaterThan(0);
  other.data[0] = -3;
  other.data[(2 * 4 + 1) * 3] = 3.9;
  expect(psnr(one, other)).toBeLessThan(10);
});

test('an option that is undefined is none', () => {
  const options = { borderPixels: undefined, window: undefined };
  expect(psnr(flat(4, 3, 0), flat(4, 3, 1), options as never)).toBe(0);
});

test.each([
  [{ peek: 255 }, "Expected options among peak, borderPixels but received 'peek'"],
  [null, 'Expected options as { peak, borderPixels } but received null'],
  [255, 'Expected options as { peak, borderPixels } but received 255'],
  ['255', "Expected options as { peak, borderPixels } but received '255'"],
  [{ peak: '255' }, "Expected peak to be a number above 0 but received '255'"],
  [{ borderPixels: '4' }, "Expected borderPixels to be a whole number >= 0 but received '4'"],
  [
    { borderPixels: {} },
    'Expected borderPixels to be a whole number >= 0 but received a value of type object',
  ],
])('refuses the options %j', (options, message) => {
  expect(() => psnr(flat(4, 3, 0), flat(4, 3, 1), options as never)).toThrow(new RangeError(message));
});
