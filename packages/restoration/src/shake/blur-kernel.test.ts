import { describe, expect, test } from '@jest/globals';
import {
  centred,
  normalized,
  resized,
  withoutFaint,
  withoutFragments,
  type BlurKernel,
} from './blur-kernel.js';
import { bentPath } from './shaken-pattern.test-tool.js';

const kernelOf = (...rows: number[][]): BlurKernel => ({
  sizePixels: rows.length,
  data: Float64Array.from(rows.flat()),
});
const sumOf = ({ data }: BlurKernel) => data.reduce((sum, value) => sum + value, 0);

test('what is below zero is nothing, and the rest adds up to 1', () => {
  expect([...normalized(1, Float64Array.from([4])).data]).toEqual([1]);
  expect([...normalized(3, Float64Array.from([-1, 0, 0, 0, 1, 3, 0, 0, 0])).data]).toEqual([
    0, 0, 0, 0, 0.25, 0.75, 0, 0, 0,
  ]);
  expect(() => normalized(1, Float64Array.from([-1]))).toThrow('received none');
});

test('faint values are left out', () => {
  const { data } = withoutFaint(kernelOf([0, 0.04, 0], [0, 0.8, 0], [0, 0.16, 0]), 0.1);
  expect([...data].map((value) => Number(value.toFixed(3)))).toEqual([0, 0, 0, 0, 0.833, 0, 0, 0.167, 0]);
});

describe('fragments', () => {
  test('that are small and apart are left out', () => {
    const kernel = kernelOf([0.05, 0, 0], [0, 0, 0], [0, 0.5, 0.45]);
    expect([...withoutFragments(kernel).data].map((value) => Number(value.toFixed(3)))).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0.526, 0.474,
    ]);
  });

  test('that touch at a corner, or are large, stay', () => {
    const touching = kernelOf([0.05, 0, 0], [0, 0.5, 0], [0, 0, 0.45]);
    const large = kernelOf([0.3, 0, 0], [0, 0, 0], [0, 0.3, 0.4]);
    for (const kernel of [touching, large]) {
      withoutFragments(kernel).data.forEach((value, i) => expect(value).toBeCloseTo(kernel.data[i]!));
    }
  });
});

test('the centre of mass comes to the middle', () => {
  expect([...centred(kernelOf([1, 0, 0], [0, 0, 0], [0, 0, 0])).data]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
});

test.each([7, 11, 21])(
  'resized to %d pixels it is as long as the photograph, and adds up to 1',
  (sizePixels) => {
    const spread = ({ sizePixels: size, data }: BlurKernel) => {
      const middle = (size - 1) / 2;
      let sum = 0;
      data.forEach((value, i) => {
        sum += value * (((i % size) - middle) ** 2 + (Math.floor(i / size) - middle) ** 2);
      });
      return Math.sqrt(sum) / size;
    };
    const kernel = resized(bentPath(), sizePixels);
    expect(sumOf(kernel)).toBeCloseTo(1, 12);
    expect(spread(kernel) / spread(bentPath())).toBeGreaterThan(0.95);
    expect(spread(kernel) / spread(bentPath())).toBeLessThan(1.1);
  },
);
