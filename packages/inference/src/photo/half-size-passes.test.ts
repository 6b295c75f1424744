import { expect, test } from '@jest/globals';
import type { MotionField, RgbImage, TiledRestoration } from '@unblur/restoration';
import { HalfSizePasses } from './half-size-passes.js';

const width = 16;
const times = [-1, 0, 1];
const bar = (left: number, size: number, value: number): RgbImage => ({
  width: size,
  height: 2,
  data: Float32Array.from({ length: 6 * size }, (_, i) => {
    const x = Math.floor(i / 3) % size;
    return x >= left && x < left + size / 4 ? value : 0;
  }),
});
const moving = (dx: number): MotionField => ({
  width: 1,
  height: 1,
  stridePixels: width,
  data: Float32Array.of(dx, 0),
});
const blurred = bar(6, width, 0.5);

/** A bar that goes from left to right in the image, and in half of it, darker, from right to left. */
const passes = (kept: (number | undefined)[]) => ({
  framesPerPass: (...images: RgbImage[]) => 10 / images.length,
  bytesOfFrames: (image: { width: number; height: number }, count: number) =>
    image.width * image.height * count,
  restore: async (
    image: RgbImage,
    at: readonly number[],
    { onShare, keptBytes }: { onShare: (share: number) => void; keptBytes?: number },
  ): Promise<TiledRestoration> => {
    kept.push(keptBytes);
    onShare(0.5);
    return {
      tiles: 1,
      takeFrame: (index) =>
        image.width === width ? bar(6 + 4 * at[index]!, width, 1) : bar(3 - 2 * at[index]!, width / 2, 0.5),
      motionsPixels: at.map((time) => moving(image.width === width ? 4 * time : -time)),
    };
  },
});

test('what half the size tells backwards is turned round', async () => {
  const shares: number[] = [];
  const kept: (number | undefined)[] = [];
  const both = new HalfSizePasses(passes(kept), blurred, 0.5);
  expect(both.framesPerPass()).toBe(5);
  const { takeFrame, motionsPixels } = await both.restore(times, (share) => shares.push(share), undefined);
  times.forEach((time, index) => {
    const frame = takeFrame(index) as RgbImage;
    // Between its edges the bar is the mean of 1 and 0.5; far from it, of 0 and 0.
    expect(frame.data[3 * (6 + 4 * time + 1)]).toBeCloseTo(0.75, 6);
    expect(frame.data[3 * (14 - Math.max(0, 14 * time))]).toBe(0);
  });
  expect(motionsPixels.map(({ data }) => data[0])).toEqual([-3, 0, 3]);
  expect(shares.map((share) => share.toFixed(2))).toEqual(['0.10', '0.60']);
  expect(kept).toEqual([undefined, 3 * 8]);
});

test('half the size is not looked at where it does not count', async () => {
  const kept: (number | undefined)[] = [];
  const alone = new HalfSizePasses(passes(kept), blurred, 0);
  expect(alone.framesPerPass()).toBe(10);
  const { takeFrame } = await alone.restore(times, () => undefined, undefined);
  expect(takeFrame(0)).toEqual(bar(2, width, 1));
  expect(kept).toHaveLength(1);
});
