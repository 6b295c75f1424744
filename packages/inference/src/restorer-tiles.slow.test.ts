import { writeWeights, type BlurToVideoConfig } from '@unblur/core-model';
import { describe, expect, test } from '@jest/globals';
import { createRestorer, type RgbImage } from './index.js';
import { largestDifference, livelyWeights, photograph, tinyConfig } from './tiny-network.test-tool.js';

describe('above the memory budget', () => {
  const network = { ...tinyConfig, frames: 3 };
  /** Columns that both tiles may show; elsewhere one stands alone. */
  const overlap = { from: 224, to: 416 };
  const photo = photograph(640, 160);

  /** The photograph in one piece and in tiles, and how many those were. */
  async function restoreBothWays(config: BlurToVideoConfig, heads?: RegExp, memoryBudgetBytes = 25e6) {
    const bytes = writeWeights(livelyWeights(config, heads), config, { dtype: 'float32' });
    const [large, small] = [await createRestorer({ weights: bytes }), await createRestorer({ weights: bytes, memoryBudgetBytes })];
    let tiles = 0;
    const whole = await large.restore(photo);
    const tiled = await small.restore(photo, { onTile: (_, total) => (tiles = total) });
    await large.release();
    await small.release();
    return { whole, tiled, tiles };
  }

  // The motion decoder reads features of the middle decoder, so it sees farther than the tiles overlap; little comes from there.
  test.each([
    ['every frame finds its own motion', { motionDecoder: null, reblurRefiner: null, frameConfidence: null }, 1e-3, 25e6],
    ['all frames share one trajectory', { reblurRefiner: null, frameConfidence: null }, 2e-3, 25e6],
    ['the middle frame is blurred again along one trajectory', { frameConfidence: null }, 3e-3, 40e6],
  ])('without spatial transformers, where %s, tiles equal the whole where one stands alone', async (_, changes, tolerance, memoryBudgetBytes) => {
    const { whole, tiled, tiles } = await restoreBothWays({ ...network, ...changes, featureTransformer: { ...network.featureTransformer, affine: false } }, undefined, memoryBudgetBytes);
    expect(tiles).toBe(2);
    tiled.frames.forEach((frame, i) => {
      let [alone, shared] = [0, 0];
      for (let k = 0; k < frame.data.length; k++) {
        const difference = Math.abs(frame.data[k]! - whole.frames[i]!.data[k]!);
        const x = Math.floor(k / 3) % 640;
        if (x < overlap.from || x >= overlap.to) alone = Math.max(alone, difference);
        else shared = Math.max(shared, difference);
      }
      expect(alone).toBeLessThan(tolerance);
      expect(shared).toBeLessThan(0.1);
    });
  });

  test('with spatial transformers, whose affine motion is each tile\'s own, no seam shows', async () => {
    // Only the affine heads are alive: every frame is the smooth photograph, moved otherwise in each tile. Tiles cut hard instead
    // of feathered would come to 7.5 times the steepest column elsewhere.
    const { whole, tiled, tiles } = await restoreBothWays({ ...network, motionDecoder: null, reblurRefiner: null, frameConfidence: null }, /affine/);
    expect(tiles).toBe(2);
    expect(largestDifference(tiled.frames[0]!, whole.frames[0]!)).toBeGreaterThan(0.01);
    for (const frame of tiled.frames) {
      const alone = Math.max(steepestColumn(frame, 1, overlap.from), steepestColumn(frame, overlap.to, 640));
      expect(steepestColumn(frame, overlap.from, overlap.to)).toBeLessThan(1.2 * alone);
    }
  });

  test('where every tile says for itself how far its frames are believed, no seam shows', async () => {
    const { whole, tiled, tiles } = await restoreBothWays({ ...network, featureTransformer: { ...network.featureTransformer, affine: false } }, undefined, 40e6);
    expect(tiles).toBe(2);
    expect(largestDifference(tiled.frames[0]!, whole.frames[0]!)).toBeGreaterThan(0.01);
    tiled.frames.forEach((frame) => {
      const alone = Math.max(steepestColumn(frame, 1, overlap.from), steepestColumn(frame, overlap.to, 640));
      expect(steepestColumn(frame, overlap.from, overlap.to)).toBeLessThan(1.2 * alone);
    });
  });

  /** The largest mean difference between a column of some and the one before: a vertical seam would be such a place. */
  function steepestColumn({ width, height, data }: RgbImage, from: number, to: number): number {
    let steepest = 0;
    for (let x = from; x < to; x++) {
      let sum = 0;
      for (let y = 0; y < height; y++) for (let c = 0; c < 3; c++) sum += Math.abs(data[(y * width + x) * 3 + c]! - data[(y * width + x - 1) * 3 + c]!);
      steepest = Math.max(steepest, sum / (3 * height));
    }
    return steepest;
  }
});
