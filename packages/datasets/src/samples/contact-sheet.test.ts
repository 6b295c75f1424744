import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { Sample } from '../sample.js';
import { describeSample, drawContactSheet } from './contact-sheet.node.js';

const size = 64;
const grey = (value: number) => ({
  width: size,
  height: size,
  data: new Float32Array(size * size * 3).fill(value),
});
/** Everything moves by 10 pixels to the right between the first and the last frame. */
const sample: Sample = {
  blurred: grey(0.2),
  frames: [0.4, 0.6, 0.8].map(grey),
  rotationDegrees: 7.25,
  motionPixels: Float32Array.from({ length: size * size * 2 }, (_, i) => (i % 2 === 0 ? 5 : 0)),
};

describe('drawContactSheet', () => {
  test('shows the blurred picture, the frames, and arrows over the middle frame', async () => {
    const { data, info } = await sharp(await drawContactSheet([sample, sample]))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const rowHeight = info.height / 2;
    const tile = (column: number, x: number, y: number): number[] => {
      const at = ((info.height - rowHeight + 18 + y) * info.width + 4 + column * (size + 4) + x) * 3;
      return Array.from(data.subarray(at, at + 3));
    };
    expect([0, 1, 2, 3].map((column) => tile(column, 30, 30)[0])).toEqual([51, 102, 153, 204]);
    // Arrows lie every 8 pixels, from 5 to the left to 5 to the right of their middle: yellow, with a red
    // end.
    expect(tile(4, 20, 24)).toEqual([153, 153, 153]);
    const [red, green, blue] = tile(4, 33, 28) as [number, number, number];
    expect(red).toBeGreaterThan(blue + 60);
    expect(green).toBeGreaterThan(blue + 60);
  });

  test('says what is known of a sample', () => {
    expect(describeSample(sample, 3)).toBe('sample 3: 3 frames, 7.3 degrees, up to 10.0 pixels');
    const { blurred, frames } = sample;
    expect(describeSample({ blurred, frames }, 0)).toBe('sample 0: 3 frames');
  });
});
