import { describe, expect, test } from '@jest/globals';
import type { MotionField } from '@unblur/restoration';
import { Playback } from './playback.js';

/** A picture of this width, brighter by 4 from column to column, moved to the right. */
const ramp = (movedPixels: number, width = 40) => ({
  width,
  height: 4,
  data: Buffer.from(
    Array.from({ length: width * 4 * 3 }, (_, i) => {
      const column = Math.floor(i / 3) % width;
      return Math.min(width - 1, Math.max(0, column - movedPixels)) * 4;
    }),
  ),
});
/** Everything that far to the right, of a photograph of 160 columns and 16 rows. */
const moved = (pixels: number): MotionField => ({
  width: 20,
  height: 2,
  stridePixels: 8,
  data: Float32Array.from({ length: 20 * 2 * 2 }, (_, i) => (i % 2 === 0 ? pixels : 0)),
});
/** Of a row, at a column where nothing comes from beyond the edge. */
const valueOf = ({ data }: { data: Buffer }) => data[3 * (2 * 40 + 20)]!;

async function play(times: number[], anyTime: boolean, smoothFrames: number): Promise<number[]> {
  const playback = new Playback({ times, anyTime }, smoothFrames);
  // Copies of a quarter of the size; the last one comes first.
  for (const time of [...playback.restoredTimes].reverse()) {
    playback.add(time, ramp(6 * time), moved(24 * time));
  }
  return (await playback.finish({ width: 160 })).map(valueOf);
}

describe('what is played', () => {
  test('is one frame alone, restored with the ends, which tell the motion', async () => {
    for (const anyTime of [true, false]) {
      expect(new Playback({ times: [0], anyTime }, 25).restoredTimes).toEqual([-1, 0, 1]);
      expect(await play([0], anyTime, 25)).toEqual([80]);
    }
  });

  test('has things on their way between the frames of the network', async () => {
    const times = [-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1];
    // 20 columns in, each step of 2 columns taken in two, a column of which is 4 levels.
    expect(new Playback({ times, anyTime: true }, 13).restoredTimes).toBe(times);
    expect(await play(times, true, 13)).toEqual([104, 100, 96, 92, 88, 84, 80, 76, 72, 68, 64, 60, 56]);
  });

  test('has seven frames of the network at least, those that are kept among them', () => {
    const restoredOf = (times: number[]) => new Playback({ times, anyTime: true }, 25).restoredTimes;
    expect(restoredOf([-1, 1])).toEqual([-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1]);
    expect(restoredOf([-1, 0, 1])).toHaveLength(7);
    const four = [-1, -0.3333, 0.3333, 1];
    expect(restoredOf(four).filter((_, index) => index % 2 === 0)).toEqual(four);
    expect(restoredOf(four)[3]).toBe(0);
  });

  test('is at least as many frames as look smooth, a whole number from one of the network to the next', async () => {
    expect(await play([-1, 0, 1], true, 25)).toHaveLength(25);
    expect(await play([-1, 0, 1], true, 24)).toHaveLength(25);
    expect(await play([-1, -1 / 3, 1 / 3, 1], true, 26)).toHaveLength(31);
  });

  test('is the kept frames alone where nothing is known of motion', async () => {
    expect(await play([-1, 0, 1], false, 25)).toEqual([104, 80, 56]);
  });

  test.each([100, 101, 102, 300, 301])('is about a hundred frames of %d, with both ends', async (count) => {
    const times = Array.from({ length: count }, (_, i) => (2 * i) / (count - 1) - 1);
    const played = await play(times, true, 25);
    expect(played).toHaveLength(99);
    expect([played[0], played.at(-1)]).toEqual([104, 56]);
    expect(Math.abs(played[49]! - 80)).toBeLessThanOrEqual(1);
  });

  test('stops between two frames when it is told to', async () => {
    const playback = new Playback({ times: [-1, 0, 1], anyTime: true }, 25);
    for (const time of playback.restoredTimes) playback.add(time, ramp(time), moved(time));
    const stop = new AbortController();
    const finished = playback.finish({ width: 160 }, stop.signal);
    stop.abort('enough');
    await expect(finished).rejects.toBe('enough');
  });

  test.each([1, 101, 2.5, NaN, Infinity])('is refused with %d frames that look smooth', (smoothFrames) => {
    expect(() => new Playback({ times: [-1, 1], anyTime: true }, smoothFrames)).toThrow(
      `Expected a whole number from 2 to 100 for smoothFrames but received ${smoothFrames}`,
    );
  });
});
