import { describe, expect, jest, test } from '@jest/globals';
import { largestDifference } from '../photo/tiny-network.test-tool.js';
import { restoreInTiles, type RestoreTile } from './any-size-restoration.js';
import { toFractions, type RestoredSequence, type RgbImage } from '../raster.js';

const limits = { multiple: 32, overlapPixels: 64, maximumPixels: 192 * 192 };
const motionStride = 8;
/** Frames in tiles are held as 16-bit integers; a place that lies in four tiles is rounded four times. */
const roundingError = 4 * (0.5 / 65535);

/** All three frames that the functions below give of a tile. */
async function restoreAnySize(...arguments_: Parameters<typeof restoreInTiles>): Promise<RestoredSequence> {
  const { takeFrame, motionsPixels } = await restoreInTiles(...arguments_);
  return { frames: [0, 1, 2].map((index) => toFractions(takeFrame(index))), motionsPixels };
}

/** Smooth structure plus seeded noise. */
function photograph(width: number, height: number): RgbImage {
  let state = 12345;
  const noise = () => (state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  const data = Float32Array.from({ length: width * height * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return 0.4 + 0.2 * Math.sin(x / 9 + (i % 3)) * Math.cos(y / 7) + 0.2 * noise();
  });
  return { width, height, data };
}

/** Moves an image by whole pixels, its edges repeated: a "network" that sees `|shift|` pixels far. */
function shiftedRight({ width, height, data }: RgbImage, shift: number): RgbImage {
  const moved = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + Math.min(width - 1, Math.max(0, x - shift))) * 3;
      moved.set(data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, data: moved };
}

function motion({ width, height }: RgbImage, dx: number) {
  const size = (width / motionStride) * (height / motionStride);
  return {
    width: width / motionStride,
    height: height / motionStride,
    stridePixels: motionStride,
    data: Float32Array.from({ length: size * 2 }, (_, i) => (i % 2 === 0 ? dx : 0)),
  };
}

const movesRight: RestoreTile = async (tile) => ({
  frames: [-12, 0, 12].map((shift) => shiftedRight(tile, shift)),
  motionsPixels: [-12, 0, 12].map((shift) => motion(tile, shift)),
});

describe('tiled against whole', () => {
  const photo = photograph(500, 300);

  test('with a function that sees 12 pixels far, no pixel differs by more than its rounding', async () => {
    const calls = jest.fn(movesRight);
    const whole = await restoreAnySize(photo, { ...limits, maximumPixels: Infinity }, movesRight);
    const tiled = await restoreAnySize(photo, limits, calls);
    expect(calls.mock.calls.length).toBeGreaterThan(6);
    expect(new Set(calls.mock.calls.map(([tile]) => `${tile.width}x${tile.height}`)).size).toBe(1);
    tiled.frames.forEach((frame, i) => {
      expect([frame.width, frame.height]).toEqual([500, 300]);
      expect(largestDifference(frame, whole.frames[i]!)).toBeLessThanOrEqual(roundingError + 1e-7);
    });
    tiled.motionsPixels.forEach((field, i) => {
      expect([field.width, field.height, field.stridePixels]).toEqual([63, 38, motionStride]);
      expect(
        field.data.every((value, k) => Math.abs(value - (k % 2 === 0 ? [-12, 0, 12][i]! : 0)) < 1e-5),
      ).toBe(true);
    });
  });

  test('tiles told backwards are turned round, so that time runs one way everywhere', async () => {
    let tileNumber = 0;
    const fickle: RestoreTile = async (tile, visit) => {
      const { frames, motionsPixels } = await movesRight(tile, visit);
      return tileNumber++ % 2 === 0
        ? { frames, motionsPixels }
        : { frames: frames.reverse(), motionsPixels: motionsPixels.reverse() };
    };
    const whole = await restoreAnySize(photo, { ...limits, maximumPixels: Infinity }, movesRight);
    const tiled = await restoreAnySize(photo, limits, fickle);
    expect(tileNumber).toBeGreaterThan(6);
    tiled.frames.forEach((frame, i) =>
      expect(largestDifference(frame, whole.frames[i]!)).toBeLessThanOrEqual(roundingError + 1e-7),
    );
    tiled.motionsPixels.forEach((field, i) => expect(field.data[0]).toBeCloseTo([-12, 0, 12][i]!, 5));
  });

  test('so are tiles without motions, of sizes that 2 does not divide', async () => {
    const photo = photograph(215, 165);
    const oddLimits = { multiple: 5, overlapPixels: 35, maximumPixels: 115 * 115 };
    let told = 0;
    const restoreTile: RestoreTile = async (tile) => {
      const frames = [-2, 0, 2].map((shift) => shiftedRight(tile, shift));
      return { frames: told++ % 2 === 0 ? frames : frames.reverse(), motionsPixels: [] };
    };
    const { frames } = await restoreAnySize(photo, oddLimits, restoreTile);
    expect(told).toBeGreaterThan(3);
    for (const [index, shift] of [-2, 0, 2].entries()) {
      expect(largestDifference(frames[index]!, shiftedRight(photo, shift))).toBeLessThan(roundingError);
    }
  });

  test('a step in brightness between tiles becomes a ramp without a seam', async () => {
    // Each tile 0.1 brighter or darker than the one before: far more than tiles of a network differ.
    const flat: RgbImage = { width: 500, height: 32, data: new Float32Array(500 * 32 * 3).fill(0.5) };
    let tileNumber = 0;
    const uneven: RestoreTile = async (tile) => {
      const offset = tileNumber++ % 2 === 0 ? 0 : 0.1;
      const frame = { ...tile, data: tile.data.map((value) => value + offset) };
      return { frames: [frame, frame, frame], motionsPixels: [] };
    };
    const { frames } = await restoreAnySize(flat, { ...limits, maximumPixels: 192 * 32 }, uneven);
    expect(tileNumber).toBeGreaterThan(2);
    const line = frames[1]!.data.subarray(0, 500 * 3).filter((_, i) => i % 3 === 0);
    expect(Math.max(...line) - Math.min(...line)).toBeCloseTo(0.1, 4);
    // The steepest place of a half cosine of height 0.1 over 32 pixels: below one 8-bit step and a half.
    for (let x = 1; x < line.length; x++) {
      expect(Math.abs(line[x]! - line[x - 1]!)).toBeLessThan((0.1 * Math.PI) / 2 / 32 + 2 * roundingError);
    }
  });
});

test.each([
  [1, 1],
  [5, 31],
  [33, 64],
  [97, 40],
])('a %dx%d photograph comes back at its own size', async (width, height) => {
  const photo = photograph(width, height);
  const sizes: number[] = [];
  const identity: RestoreTile = async (tile) => {
    sizes.push(tile.width % 32, tile.height % 32);
    return { frames: [tile, tile, tile], motionsPixels: [motion(tile, 0)] };
  };
  const { frames, motionsPixels } = await restoreAnySize(photo, limits, identity);
  expect(sizes.every((rest) => rest === 0)).toBe(true);
  for (const frame of frames) expect(frame).toEqual(photo);
  expect(motionsPixels[0]).toMatchObject({
    width: Math.ceil(width / motionStride),
    height: Math.ceil(height / motionStride),
  });
});

test('reports each tile and stops between two when asked', async () => {
  const controller = new AbortController();
  const seen: Array<[number, number]> = [];
  const watched: RestoreTile = (tile, visit) => {
    seen.push([visit.done + 1, visit.total]);
    if (visit.done === 1) controller.abort();
    return movesRight(tile, visit);
  };
  const restored = restoreAnySize(photograph(500, 300), limits, watched, controller.signal);
  await expect(restored).rejects.toThrow('aborted');
  expect(seen.map(([done]) => done)).toEqual([1, 2]);
  expect(seen[0]![1]).toBeGreaterThan(6);
});
