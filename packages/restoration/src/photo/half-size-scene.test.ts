import { consistencyTimes } from '@unblur/core-model';
import { expect, test } from '@jest/globals';
import type { TileNetwork } from '../tiling/tiled-scene.js';
import { analyzePhoto } from './half-size-scene.js';

const [width, height] = [256, 192];
const photo = { width, height, data: new Float32Array(width * height * 3).fill(0.5) };
const work = { analysis: 6, frame: 1 };

/**
 * Sees the photograph move to the right, and its half too or, where `halfRuns` is -1, to the left. Frames are of
 * one grey, which grows with time as things move.
 */
function watched(endPixels: number, { halfRuns = 1, halfFails = false } = {}) {
  const open: string[] = [];
  const shares: number[] = [];
  const told: boolean[] = [];
  const network = (columns: number, rows: number): TileNetwork<string> => {
    const isWhole = columns === width;
    const direction = isWhole ? 1 : halfRuns;
    return {
      async analyze() {
        if (!isWhole && halfFails) throw new Error('out of memory');
        open.push(`${columns}x${rows}`);
        const trajectory = new Float32Array((columns * rows * 6) / 16);
        // Displacements lead back to the middle frame.
        for (let i = 0; i < trajectory.length; i += 6) {
          trajectory[i] = (-direction * endPixels) / (isWhole ? 1 : 2);
        }
        return { scene: `${columns}x${rows}`, trajectory };
      },
      renderAt: async (_, time) =>
        new Float32Array(columns * rows * 3).fill((isWhole ? 0.6 : 0.4) + 0.2 * direction * time),
      correctionFor: async (values) => new Float32Array(values.length),
      release: (scene) => void open.splice(open.indexOf(scene), 1),
    };
  };
  return {
    open,
    shares,
    told,
    analyze: () =>
      analyzePhoto(photo, {
        maximumPixels: 1e6,
        work,
        open: async (...size) => network(...size),
        onShare: (share) => shares.push(share),
        onHalfSize(counts) {
          expect(open).toEqual(['256x192']);
          told.push(counts);
        },
      }),
  };
}

test.each([1, -1])(
  'long blur: the mean of both sizes, whichever way half of it runs: %d',
  async (halfRuns) => {
    const { open, shares, told, analyze } = watched(12, { halfRuns });
    const scene = await analyze();
    expect(told).toEqual([true]);
    expect(open).toEqual(['256x192', '128x96']);
    for (const time of [0.5, ...consistencyTimes]) {
      const { data } = await scene.renderAt(time);
      expect(data[0]).toBeCloseTo(0.5 + 0.2 * time, 3);
      expect(scene.motionAt(time).data[0]).toBeCloseTo(12 * time, 4);
    }
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    scene.release();
    expect(open).toEqual([]);
  },
);

test('short blur: half the size is not looked at', async () => {
  const { open, shares, told, analyze } = watched(8);
  const scene = await analyze();
  expect(told).toEqual([false]);
  expect(open).toEqual(['256x192']);
  expect((await scene.renderAt(0.5)).data[0]).toBeCloseTo(0.7, 3);
  expect(shares.at(-1)).toBe(1);
  scene.release();
});

test('nothing is left open where half the size cannot be analyzed', async () => {
  const { open, analyze } = watched(12, { halfFails: true });
  await expect(analyze()).rejects.toThrow('out of memory');
  expect(open).toEqual([]);
});
