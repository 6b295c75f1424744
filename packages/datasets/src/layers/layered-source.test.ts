import { describe, expect, test } from '@jest/globals';
import { makePanoramaFolder, newFolder } from '../pictures/picture-folder.test-tool.js';
import { type LayeredBatch, layeredBatches, type LayeredBatchOptions } from '../stream/batches.node.js';
import { firstOf } from '../stream/first-of.test-tool.js';

const take = (count: number, options: LayeredBatchOptions): Promise<LayeredBatch[]> =>
  firstOf(count, layeredBatches(options));

describe('layeredBatches', () => {
  test('gives batches with flow that depend on seed and index only', async () => {
    const folder = await makePanoramaFolder(3);
    const options: LayeredBatchOptions = {
      folder,
      sizePixels: 16,
      frames: 3,
      batchSize: 2,
      seed: 1,
      workers: 0,
      cameraPixels: [0, 4],
      objectPixels: [1, 5],
    };
    const [first, second] = await take(2, options);
    expect(first!.blurred).toHaveLength(2 * 16 * 16 * 3);
    expect(first!.frames).toHaveLength(2 * 3 * 16 * 16 * 3);
    expect(first!.flowsPixels).toHaveLength(2 * 3 * 16 * 16 * 2);
    const [resumed] = await take(1, { ...options, firstSample: 2, cacheMegabytes: 0 });
    expect(resumed).toEqual(second);
    expect(second!.blurred).not.toEqual(first!.blurred);
  });

  test('says what is wrong with a folder', async () => {
    await expect(take(1, { folder: newFolder(), batchSize: 1, seed: 1, workers: 0 })).rejects.toThrow(
      'Expected still photographs (.png, .jpg, .jpeg, .webp, .tif, .tiff) in',
    );
  });
});
