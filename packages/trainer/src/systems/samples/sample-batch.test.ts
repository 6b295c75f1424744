import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { shardName, ShardWriter } from '@unblur/datasets';
import { sampleValues, trainingBatches } from './sample-batch.js';
import { newFolder } from '../../new-folder.test-tool.js';

const sizePixels = 8;
const contents = { frames: 3, withMotion: true };
/** To the frames of a scene that moves by (2, -1) pixels in half the exposure. */
const flowsPixels = Float32Array.from({ length: 3 * sizePixels ** 2 * 2 }, (_, i) => {
  const time = Math.floor(i / (sizePixels ** 2 * 2)) - 1;
  return time * (i % 2 === 0 ? 2 : -1);
});

async function firstBatch(known: { flowsPixels?: Float32Array }) {
  const shards = newFolder();
  const writer = await ShardWriter.create(
    join(shards, shardName(0)),
    1,
    { sizePixels, frames: 3 },
    { flowsPixels: known.flowsPixels !== undefined },
  );
  const pictureBytes = sizePixels ** 2 * 3;
  await writer.add({
    blurred: new Uint8Array(pictureBytes),
    frames: new Uint8Array(3 * pictureBytes),
    ...known,
  });
  await writer.finish();
  const manifest = { count: 1, samplesPerShard: 1, sizePixels, frames: 3, recipe: {} };
  writeFileSync(join(shards, 'manifest.json'), JSON.stringify(manifest));
  const source = { kind: 'shards' as const, folder: shards, weight: 1 };
  const batches = trainingBatches(
    { sources: [source], sizePixels, workers: 0, cacheMegabytes: 1 },
    { ...contents, batchSize: 1, seed: 1, firstSample: 0 },
    (samples) => sampleValues(samples, contents, 1),
  );
  for await (const batch of batches) return batch;
  throw new Error('no batch');
}

test('of shards hold the motion that is stored', async () => {
  const { motionPixels, motionKnown } = await firstBatch({ flowsPixels });
  expect(motionKnown).toEqual(Float32Array.of(1));
  expect(motionPixels).toEqual(flowsPixels.slice(-(sizePixels ** 2) * 2));
});

test('without any motion are refused where the loss needs it', async () => {
  await expect(firstBatch({})).rejects.toThrow(
    /^Expected samples whose motion is known, as 'loss\.motion' .* but those in .*unblur-trainer-\w+ come without; make them anew, of panoramas or layers \(folders with --flow\), or set 'loss\.motion'/,
  );
});
