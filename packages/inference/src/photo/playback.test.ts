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

function play(times: number[], anyTime: boolean, smoothFrames: number): number[] {
  const playback = new Playback({ times, anyTime }, smoothFrames);
  // Copies of a quarter of the size; the last one comes first.
  for (const [index, time] of [...times.entries()].reverse()) playback.add(index, ramp(8 * time));
  return playback
    .finish(
      { width: 160 },
      times.map((time) => moved(32 * time)),
    )
    .map(valueOf);
}

describe('what is played', () => {
  test('has things on their way between the kept frames', () => {
    // 20 columns in, each step of 4 columns taken in two.
    expect(play([-1, -0.5, 0, 0.5, 1], true, 9)).toEqual([112, 104, 96, 88, 80, 72, 64, 56, 48]);
  });

  test('is at least as many frames as look smooth, a whole number from one kept frame to the next', () => {
    expect(play([-1, 0, 1], true, 25)).toHaveLength(25);
    expect(play([-1, 0, 1], true, 24)).toHaveLength(25);
    expect(play([-1, -1 / 3, 1 / 3, 1], true, 25)).toHaveLength(25);
  });

  test('is the kept frames alone where nothing is known of motion, or they are enough', () => {
    expect(play([-1, 0, 1], false, 25)).toEqual([112, 80, 48]);
    expect(play([-1, 0, 1], true, 3)).toEqual([112, 80, 48]);
  });

  test('is about a hundred frames of more', () => {
    const times = Array.from({ length: 301 }, (_, i) => i / 150 - 1);
    const played = play(times, true, 25);
    expect(played).toHaveLength(76);
    expect([played[0], played.at(-1)]).toEqual([112, 48]);
  });
});
