import { describe, expect, test } from '@jest/globals';
import { FourierTransform, powerOfTwo, timesConjugate } from './fourier.js';

const [width, height] = [8, 4];
const plane = Float64Array.from({ length: width * height }, (_, i) => Math.sin(i * i) + (i % 5));

describe('the transform of a plane', () => {
  test('is the sum of its definition', () => {
    const spectrum = new FourierTransform(width, height).forward(plane);
    for (let column = 0; column <= width / 2; column++) {
      for (let row = 0; row < height; row++) {
        let [re, im] = [0, 0];
        plane.forEach((value, place) => {
          const [x, y] = [place % width, Math.floor(place / width)];
          const angle = -2 * Math.PI * ((column * x) / width + (row * y) / height);
          re += value * Math.cos(angle);
          im += value * Math.sin(angle);
        });
        const at = 2 * (column * height + row);
        expect(spectrum[at]).toBeCloseTo(re, 10);
        expect(spectrum[at + 1]).toBeCloseTo(im, 10);
      }
    }
  });

  test('leads back', () => {
    const fourier = new FourierTransform(width, height);
    const again = fourier.inverse(fourier.forward(plane));
    again.forEach((value, i) => expect(value).toBeCloseTo(plane[i]!, 12));
  });
});

test('a spectrum times its own conjugate is its power, and adds up', () => {
  const spectrum = Float64Array.from([3, 4, 0, -2]);
  expect([...timesConjugate(spectrum, spectrum)]).toEqual([25, 0, 4, 0]);
  expect([...timesConjugate(spectrum, spectrum, Float64Array.from([1, 1, 1, 1]))]).toEqual([26, 1, 5, 1]);
});

test.each([
  [1, 1],
  [64, 64],
  [65, 128],
])('of lengths from %d on the power of two is %d', (length, power) => expect(powerOfTwo(length)).toBe(power));
