import { expect, test } from '@jest/globals';
import { expectRgbImage, fitWithin, UnblurError } from './index.js';

/** 4x2 pixels of mid-grey, but for one value of the pixel in column 2 of row 1. */
const withValue = (value: number) => {
  const data = new Float32Array(4 * 2 * 3).fill(0.5);
  data[(1 * 4 + 2) * 3 + 1] = value;
  return { width: 4, height: 2, data };
};

test.each([-0.1, 0, 1, 1.5])(
  'an image may hold %d: resampling overshoots, highlights go beyond white',
  (value) => {
    expect(() => expectRgbImage(withValue(value))).not.toThrow();
  },
);

test.each([
  [255, '255', 'divide 8-bit values by 255, 16-bit ones by 65535'],
  [65535, '65535', 'divide 8-bit values by 255, 16-bit ones by 65535'],
  [-128, '-128', 'divide 8-bit values by 255, 16-bit ones by 65535'],
  [NaN, 'NaN', 'check how it was computed'],
  [Infinity, 'Infinity', 'check how it was computed'],
  [-Infinity, '-Infinity', 'check how it was computed'],
])('%d in an image is told, with its place and what to do', (value, received, advice) => {
  expect(() => expectRgbImage(withValue(value))).toThrow(
    new UnblurError(
      `Expected the values of the image (4x2) in [0, 1] but received ${received} in column 2, row 1; ${advice}`,
    ),
  );
});

test.each([
  [new Uint8Array(24), 'an object of type Uint8Array; divide 8-bit values by 255, 16-bit ones by 65535'],
  [Array(24).fill(0.5), 'a list; make it one with Float32Array.from'],
  [undefined, 'a value of type undefined; make it one with Float32Array.from'],
])('data of another kind is told, with what to do: %#', (data, received) => {
  expect(() => expectRgbImage({ width: 4, height: 2, data: data as never })).toThrow(
    new UnblurError(
      `Expected the data of an image as a Float32Array of values in [0, 1] but received ${received}`,
    ),
  );
});

test('sides that are no numbers are told as they are', () => {
  expect(() => expectRgbImage({ ...withValue(0.5), width: '4' as never })).toThrow(
    'sides of whole numbers of pixels but received "4"x2',
  );
});

test('an image is looked at about as fast as its values can be added up', () => {
  const image = { width: 2000, height: 1500, data: new Float32Array(9e6).fill(0.5) };
  const addUp = () => {
    let sum = 0;
    for (let i = 0; i < image.data.length; i++) sum += image.data[i]!;
    return sum;
  };
  const leastMicroseconds = (work: () => unknown) =>
    Math.min(
      ...Array.from({ length: 5 }, () => {
        const before = process.cpuUsage();
        work();
        return process.cpuUsage(before).user;
      }),
    );
  const adding = leastMicroseconds(addUp);
  expect(leastMicroseconds(() => expectRgbImage(image))).toBeLessThan(5 * adding);
});

test('a size fits within a longest side: in its proportions, never larger, never nothing', () => {
  expect(fitWithin({ width: 4000, height: 3000 }, 1000)).toEqual({ width: 1000, height: 750 });
  expect(fitWithin({ width: 300, height: 400 }, 1000)).toEqual({ width: 300, height: 400 });
  expect(fitWithin({ width: 5000, height: 2 }, 100)).toEqual({ width: 100, height: 1 });
});
