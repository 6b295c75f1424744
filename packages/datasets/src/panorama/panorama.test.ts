import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../random.js';
import { buildPanorama } from './panorama.js';

const noise = (width: number, height: number) => {
  const random = createRandom(width);
  return Uint8Array.from({ length: width * height * 3 }, () => random.below(256));
};

describe('buildPanorama', () => {
  test('continues the sphere in its border: across the seam, and over the poles half a turn away', () => {
    const rgb = noise(128, 64);
    const { width, height, pixels } = buildPanorama(128, 64, rgb).levels[0]!;
    const pixelAt = (column: number, row: number) => pixels[(row + 1) * (width + 2) + column + 1]!;
    const sourceAt = (column: number, row: number) => {
      const i = (row * width + column) * 3;
      return rgb[i]! + rgb[i + 1]! * 256 + rgb[i + 2]! * 65536;
    };
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) expect(pixelAt(column, row)).toBe(sourceAt(column, row));
      expect(pixelAt(-1, row)).toBe(sourceAt(width - 1, row));
      expect(pixelAt(width, row)).toBe(sourceAt(0, row));
    }
    for (let column = -1; column <= width; column++) {
      const across = (column + width + width / 2) % width;
      expect(pixelAt(column, -1)).toBe(sourceAt(across, 0));
      expect(pixelAt(column, height)).toBe(sourceAt(across, height - 1));
    }
  });

  test('halves by the mean of four', () => {
    const rgb = noise(256, 128);
    const { levels } = buildPanorama(256, 128, rgb);
    expect(levels.map(({ width }) => width)).toEqual([256, 128, 64]);
    const { width, pixels } = levels[1]!;
    for (const [x, y] of [
      [0, 0],
      [100, 5],
      [127, 63],
    ] as const) {
      for (let channel = 0; channel < 3; channel++) {
        const at = (dx: number, dy: number) => rgb[((2 * y + dy) * 256 + 2 * x + dx) * 3 + channel]!;
        const mean = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4;
        expect(
          Math.abs(((pixels[(y + 1) * (width + 2) + x + 1]! >> (8 * channel)) & 255) - mean),
        ).toBeLessThanOrEqual(0.5);
      }
    }
  });

  test('halves an odd height too, everything where it was', () => {
    const [width, height] = [402, 201];
    // A slope down, and another across: the mean of a box is the value in its middle.
    const slopes = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [column, row] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      return [row + 0.5, (column + 0.5) / 2, 77][i % 3]!;
    });
    const { levels } = buildPanorama(width, height, slopes);
    expect(levels.map((level) => [level.width, level.height])).toEqual([
      [402, 201],
      [200, 100],
      [100, 50],
    ]);
    const { pixels } = levels[1]!;
    for (let y = 0; y < 100; y++) {
      for (let x = 0; x < 200; x++) {
        const pixel = pixels[(y + 1) * 202 + x + 1]!;
        expect(Math.abs((pixel & 255) - ((y + 0.5) * 201) / 100 + 0.5)).toBeLessThanOrEqual(0.51);
        expect(Math.abs(((pixel >> 8) & 255) - ((x + 0.5) * 201) / 200)).toBeLessThanOrEqual(1.01);
        expect(pixel >> 16).toBe(77);
      }
    }
  });

  test('refuses what is not a full sphere', () => {
    expect(() => buildPanorama(200, 64, noise(200, 64))).toThrow(
      'twice as wide as high, but received 200x64',
    );
    expect(() => buildPanorama(128, 64, noise(64, 32))).toThrow(
      'Expected 24576 bytes (RGB) for a 128x64 panorama but received 6144.',
    );
  });
});
