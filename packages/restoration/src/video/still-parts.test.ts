import { expect, test } from '@jest/globals';
import { StillParts } from './still-parts.js';

test('keeps what is still up to noise, and what the network made where something moves', () => {
  const [width, height] = [64, 32];
  let seed = 3;
  const noise = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff - 0.5) * (6 / 255);
  const frame = () =>
    Float32Array.from({ length: width * height * 3 }, (_, i) => ((i * 37) % 101) / 120 + 0.05 + noise());
  const [previous, centre, next] = [frame(), frame(), frame()];
  // Something passes through the last sixteen columns of the next frame.
  for (let y = 0; y < height; y++) next.fill(0.95, (y * width + 48) * 3, (y + 1) * width * 3);
  const sharp = centre.map((value) => value + 0.2);
  new StillParts(width, height).keep(sharp, previous, centre, next);
  const changeAt = (x: number, y: number) => sharp[(y * width + x) * 3]! - centre[(y * width + x) * 3]!;
  for (const y of [0, 15, 31]) {
    for (const x of [0, 20, 33]) expect(changeAt(x, y)).toBe(0);
    for (const x of [46, 56, 63]) expect(changeAt(x, y)).toBeCloseTo(0.2, 5);
  }
});
