import { photoFamily } from '@unblur/core-model';
import { expect, test } from '@jest/globals';
import { readFrameNetwork, restoreInTiles, toFractions } from '@unblur/restoration';
import {
  filledWeights,
  largestDifference,
  photograph,
  tinyConfig,
} from '../../../restoration/src/photo/tiny-network.test-tool.js';

import { onnxRuntimeEngine } from '../onnx-engine.js';

/**
 * A tile counts from a quarter of the overlap inwards: 160 pixels, more than the tiny network sees to either
 * side, its warps included.
 */
const overlapPixels = 640;

test('tiles that overlap by what the network sees are exact: no value depends on the whole picture', async () => {
  const network = readFrameNetwork(
    photoFamily.writeWeights(filledWeights(tinyConfig), tinyConfig, { dtype: 'float32' }),
  );
  const photo = photograph(2400, 64);
  const restore = async (maximumPixels: number) => {
    let tiles = 0;
    const restored = await restoreInTiles(
      photo,
      { multiple: network.multiple, overlapPixels, maximumPixels },
      async (tile) => {
        tiles++;
        const session = await network.open(
          tile.width,
          tile.height,
          onnxRuntimeEngine('onnxruntime', { threads: 2 }),
        );
        const sequence = await session.restore(tile, [-1, 0, 1]);
        await session.release();
        return sequence;
      },
    );
    return { tiles, frames: [0, 1, 2].map((index) => toFractions(restored.takeFrame(index))) };
  };
  const [whole, tiled] = [await restore(Infinity), await restore(1536 * 64)];
  expect([whole.tiles, tiled.tiles]).toEqual([1, 2]);
  expect(largestDifference(whole.frames[0]!, whole.frames[1]!)).toBeGreaterThan(1e-3);
  // Frames of tiles are held as 16-bit integers, and measured light is summed up over each. ONNX Runtime
  // samples at positions given as fractions of the width, which round otherwise in another width.
  const [roundingError, halfLevel] = [3 / 65535, 0.5 / 255];
  tiled.frames.forEach((frame, i) =>
    expect(largestDifference(frame, whole.frames[i]!)).toBeLessThan(i === 1 ? roundingError : halfLevel),
  );
});
