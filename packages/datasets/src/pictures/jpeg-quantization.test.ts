import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { createRandom } from '../random.js';
import { quantizeLikeJpeg } from './jpeg-quantization.js';

const width = 45;
const height = 30;

/** Smooth colours with some noise: both matter to a cosine transform. */
function picture(): Uint8Array {
  const random = createRandom(1);
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return 128 + 80 * Math.sin(x / (3 + channel) + y / 7) + 12 * random.normal();
  });
}

const asValues = (bytes: Uint8Array) => Float32Array.from(bytes, (byte) => byte / 255);

function rootMeanSquareLevels(a: Float32Array, b: Float32Array): number {
  return 255 * Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length);
}

describe('quantizeLikeJpeg', () => {
  test.each([30, 60, 90])('loses what a JPEG file of quality %d loses', async (quality) => {
    const bytes = picture();
    const file = await sharp(bytes, { raw: { width, height, channels: 3 } })
      .jpeg({ quality, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const decoded = asValues(await sharp(file).raw().toBuffer());
    const ours = asValues(bytes);
    quantizeLikeJpeg(ours, width, height, quality);
    const loss = rootMeanSquareLevels(asValues(bytes), decoded);
    expect(loss).toBeGreaterThan(1.5);
    // The library's integer transform is a tenth of a level off, which rounds some coefficients to the other
    // side.
    expect(rootMeanSquareLevels(ours, decoded)).toBeLessThan(0.3 * loss);
  });

  test('keeps flat grey, and nearly everything at quality 100', () => {
    const grey = new Float32Array(12 * 9 * 3).fill(77 / 255);
    quantizeLikeJpeg(grey, 12, 9, 40);
    for (const value of grey) expect(Math.abs(value * 255 - 77)).toBeLessThan(4);
    const [before, after] = [asValues(picture()), asValues(picture())];
    quantizeLikeJpeg(after, width, height, 100);
    expect(rootMeanSquareLevels(before, after)).toBeLessThan(1);
  });
});
