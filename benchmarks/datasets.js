import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { listPanoramas, shardBatches, synthesizeShards } from '@unblur/datasets';
import { loadPhotoRun } from '@unblur/trainer';
import { comparePerspectives } from './perspective.js';
import { measureSampleStages } from './sample-stages.js';
import { choosePanoramaFolder, measureStream } from './synthesis.js';
import { printTable } from './table.js';

const roundCount = 5;
const stepCount = 10;
/**
 * What the README of @unblur/datasets says about speed: perspectives against numpy and ffmpeg, samples by
 * stage, and whether training waits for shards.
 */
const folder = await mkdtemp(join(tmpdir(), 'unblur-bench-'));
try {
  const shared = process.env.UNBLUR_SHARED ?? join(import.meta.dirname, '..', '..', 'shared');
  const { panoramaFolder } = await choosePanoramaFolder([join(shared, 'data', 'panoramas', 'train')], folder);
  const [panoramaPath] = listPanoramas(panoramaFolder);

  console.log(
    `256x256 perspectives out of a 4096x2048 panorama, 60 degrees across; processor time of one core, load ${loadavg()[0].toFixed(1)}`,
  );
  const { ours, numpy, v360Turning, v360Fixed, differenceToNumpy } = await comparePerspectives({
    panoramaPath,
    folder,
    rounds: roundCount,
  });
  const row = (name, rate) => [
    name,
    rate === undefined ? 'not installed' : rate.toFixed(1),
    rate === undefined ? '' : `${(ours / rate).toFixed(2)}x`,
  ];
  printTable([
    ['', 'frames/s', 'ours is'],
    row('ours, the camera turning', ours),
    row('numpy, the same sampling, the camera turning', numpy),
    row('ffmpeg v360, the camera turning', v360Turning),
    row('ffmpeg v360, one view for all frames', v360Fixed),
  ]);
  if (differenceToNumpy !== undefined) {
    console.log(`numpy's picture differs from ours by at most ${differenceToNumpy.toFixed(2)} of 255`);
  }

  const { stages, renderedFrames } = await measureSampleStages({
    panoramaFolder,
    folder,
    panoramas: 6,
    samplesPerPanorama: 8,
    sizePixels: 256,
    frames: 7,
  });
  const total = Object.values(stages).reduce((sum, milliseconds) => sum + milliseconds, 0);
  console.log(
    `\nSamples of a blurred picture and 7 frames, 256x256, from panoramas of the folder, 8 of each, to a shard: ${(1000 / total).toFixed(1)} a second and core (${renderedFrames.toFixed(0)} renders each)`,
  );
  printTable([
    ['', 'ms', 'share'],
    ...Object.entries(stages).map(([stage, milliseconds]) => [
      stage,
      milliseconds.toFixed(1),
      `${((100 * milliseconds) / total).toFixed(0)} %`,
    ]),
  ]);

  const run = loadPhotoRun(join(import.meta.dirname, '..', 'training', 'photo-on-a-processor.yaml'));
  const { sizePixels } = run.data;
  const source = { kind: 'panorama', folder: panoramaFolder, sizePixels, frames: run.frames };
  const shards = join(folder, 'shards');
  await synthesizeShards({ source, out: shards, count: 128, samplesPerShard: 32, seed: 1, workers: 2 });
  const open = () => shardBatches({ folder: shards, batchSize: run.batchSize, seed: 1 });
  const { samplesPerSecond, consumedPerSecond, waitedShare } = await measureStream({
    open,
    run,
    steps: stepCount,
    threads: 2,
  });
  console.log(
    `\nShards of ${sizePixels}x${sizePixels}: the loader alone gives ${samplesPerSecond.toFixed(0)} samples a second; training (${stepCount} steps of ${run.batchSize}) takes ${consumedPerSecond.toFixed(1)} and waits ${(100 * waitedShare).toFixed(2)} % of its time`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
