import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { psnr, ssim, type RgbImage } from './index.js';

interface GoldenCase {
  name: string;
  width: number;
  height: number;
  borderPixels: number;
  a: string;
  b: string;
  psnr: number;
  ssimGaussian: number;
  ssimUniform: number;
}

const golden = JSON.parse(readFileSync(new URL('../golden/scikit-image.json', import.meta.url), 'utf8')) as {
  cases: GoldenCase[];
};

function decode({ width, height }: GoldenCase, base64: string): RgbImage {
  return {
    width,
    height,
    data: Float32Array.from(Buffer.from(base64, 'base64'), (value) => Math.fround(value / 255)),
  };
}

describe('equal to scikit-image within 1e-6', () => {
  test.each(golden.cases)('$name', (stored) => {
    const a = decode(stored, stored.a);
    const b = decode(stored, stored.b);
    const { borderPixels } = stored;
    expect(Math.abs(psnr(a, b, { borderPixels }) - stored.psnr)).toBeLessThan(1e-6);
    expect(Math.abs(ssim(a, b, { borderPixels }) - stored.ssimGaussian)).toBeLessThan(1e-6);
    expect(Math.abs(ssim(a, b, { borderPixels, window: 'uniform' }) - stored.ssimUniform)).toBeLessThan(1e-6);
  });
});
