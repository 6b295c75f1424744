import { describe, expect, test } from '@jest/globals';
import type { MotionField, RgbImage } from '@unblur/restoration';
import { planPlayback } from './playback.js';
import type { RestoreOptions, Restorer } from './restorer.js';

/** Twice as large as what is played. */
const large: RgbImage = { width: 2560, height: 16, data: new Float32Array(2560 * 16 * 3).fill(0.5) };
/** As large as it. */
const small: RgbImage = { width: 1280, height: 8, data: new Float32Array(1280 * 8 * 3).fill(0.5) };
const grey = ({ width, height }: { width: number; height: number }, value: number) => ({
  width,
  height,
  data: Buffer.alloc(width * height * 3, value),
});
const moved = (pixels: number): MotionField => ({
  width: 320,
  height: 2,
  stridePixels: 8,
  data: Float32Array.from({ length: 320 * 2 * 2 }, (_, i) => (i % 2 === 0 ? pixels : 0)),
});

/** Its frames grow brighter over the exposure, its motion runs the way it is told. */
function source(direction: 1 | -1): {
  restorer: Pick<Restorer, 'restoreFrames' | 'times' | 'anyTime' | 'analysisFrames'>;
  asked: { width: number; options: RestoreOptions | undefined }[];
} {
  const asked: { width: number; options: RestoreOptions | undefined }[] = [];
  return {
    asked,
    restorer: {
      times: [-1, 0, 1],
      anyTime: true,
      analysisFrames: 9,
      async restoreFrames(image, options) {
        asked.push({ width: image.width, options });
        async function* frames() {
          for (const [index, time] of options!.times!.entries()) {
            yield {
              index,
              time,
              frame: { ...image, data: image.data.map(() => (time + 1) / 2) },
              motionPixels: moved(10 * time * direction),
            };
          }
        }
        return { scale: 1, frames: frames() };
      },
    },
  };
}

async function play(
  { restorer }: ReturnType<typeof source>,
  stepPixels: number,
  smoothFrames: number,
  photo = large,
): Promise<number[]> {
  const playback = planPlayback(photo, restorer, smoothFrames);
  for (const [time, value] of [
    [1, 200],
    [0, 100],
    [-1, 0],
  ] as const) {
    await playback.add(time, grey(photo, value));
  }
  const motionsPixels = [-1, 0, 1].map((time) => moved(time * stepPixels));
  const frames = await playback.finish(1, motionsPixels, { onShare: () => undefined, signal: undefined });
  for (const { width, height } of frames) expect([width, height]).toEqual([1280, 8]);
  return frames.map(({ data }) => data[0]!);
}

describe('what is played of a photograph larger than that', () => {
  test('while little moves, frames between the kept ones are blends of their neighbours', async () => {
    const slow = source(1);
    expect(await play(slow, 2, 9)).toEqual([0, 25, 50, 75, 100, 125, 150, 175, 200]);
    expect(slow.asked).toEqual([]);
  });

  test.each([
    [1, [0, 64, 128, 191, 255]],
    [-1, [255, 191, 128, 64, 0]],
  ] as const)(
    'where more moves, all frames of a smaller copy, told in the same direction (%d)',
    async (direction, expected) => {
      const fast = source(direction);
      expect(await play(fast, 2.1, 5)).toEqual(expected);
      expect(fast.asked).toEqual([
        { width: 1280, options: expect.objectContaining({ times: [-1, -0.5, 0, 0.5, 1], scale: 1 }) },
      ]);
    },
  );
});

test('the share of the photograph and that of its smaller copy are as their work', () => {
  const { restorer } = source(1);
  // Nine frames' worth of analysis and three frames; of a copy with a quarter of the pixels, nine and nine.
  expect(planPlayback(large, restorer, 9).stillShare).toBeCloseTo(12 / (12 + 18 / 4), 10);
});

describe('what is played of a photograph no larger than that', () => {
  test('while little moves, frames between the kept ones are blends of their neighbours', async () => {
    const slow = source(1);
    expect(await play(slow, 1, 5, small)).toEqual([0, 50, 100, 150, 200]);
    expect(slow.asked).toEqual([]);
  });

  test.each([
    [1, [0, 64, 100, 191, 200]],
    [-1, [0, 191, 100, 64, 200]],
  ] as const)('where more moves, those between are restored of itself (%d)', async (direction, expected) => {
    const fast = source(direction);
    expect(await play(fast, 1.1, 5, small)).toEqual(expected);
    expect(fast.asked).toEqual([
      { width: 1280, options: expect.objectContaining({ times: [-0.5, 0.5], scale: 1 }) },
    ]);
  });

  test('it is not analysed again', () => {
    const { restorer } = source(1);
    expect(planPlayback(small, restorer, 9).stillShare).toBeCloseTo(12 / (12 + 6), 10);
  });
});
