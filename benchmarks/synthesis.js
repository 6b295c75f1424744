import { existsSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs';
import { photoFamily, photoMultiple } from '@unblur/core-model';
import { mixedBatches } from '@unblur/datasets';
import { Adam, createTracedEngine, photoTask, sampleValues } from '@unblur/trainer';
import sharp from 'sharp';

const generatedWidth = 2048;
/** Until the pictures that come up are decoded and cached, a stream is slower than it stays. */
const warmUpBatches = 8;

/**
 * How fast samples are made, and whether training the photo network waits for them.
 *
 * @param {import('@unblur/trainer').PhotoRun} run its panoramas are replaced by those of the folder
 */
export async function measureSynthesis({ run, steps, threads, panoramaFolder }) {
  const { frames, batchSize, data, seed } = run;
  const open = () =>
    mixedBatches({
      ...data,
      sources: panoramasOf(data).map((source) => ({ ...source, folder: panoramaFolder })),
      frames,
      batchSize,
      seed,
    });
  return measureStream({ open, run, steps, threads });
}

/**
 * A stream of batches alone, and then beside training steps that take a batch each, as a training run does.
 *
 * @param open starts the stream, of the run's batches
 * @returns samples per second of the stream alone, samples per second of training, and the share of its time
 * that training waited
 */
export async function measureStream({ open, run, steps, threads }) {
  const { network, frames, loss, optimizer, batchSize, data, seed } = run;
  const alone = open();
  for (let index = 0; index < warmUpBatches; index++) await alone.next();
  const aloneStart = performance.now();
  for (let index = 0; index < steps; index++) await alone.next();
  const samplesPerSecond = (1000 * steps * batchSize) / (performance.now() - aloneStart);
  await alone.return();

  const task = photoTask(
    network,
    { frames, order: 'better', loss },
    { batchSize, sizePixels: data.sizePixels, validationSizePixels: photoMultiple },
  );
  const engine = await createTracedEngine(task, { threads });
  const batches = open();
  try {
    const weights = photoFamily.initialWeights(network, seed);
    const adam = new Adam(weights, optimizer);
    let [nextBatch, waited, start] = [batches.next(), 0, 0];
    for (let step = 1 - warmUpBatches; step <= steps; step++) {
      if (step === 1) [waited, start] = [0, performance.now()];
      const asked = performance.now();
      const { value: batch } = await nextBatch;
      waited += performance.now() - asked;
      nextBatch = batches.next();
      const { gradients } = await engine.lossAndGradients(
        weights,
        sampleValues(batch, { withMotion: loss.motion !== 0 }, batchSize),
      );
      adam.update(gradients, optimizer.learningRate, step + warmUpBatches);
    }
    const milliseconds = performance.now() - start;
    await nextBatch;
    return {
      samplesPerSecond,
      consumedPerSecond: (1000 * steps * batchSize) / milliseconds,
      waitedShare: waited / milliseconds,
    };
  } finally {
    await batches.return();
    await engine.release();
  }
}

export function panoramasOf({ sources }) {
  return sources.filter(({ kind }) => kind === 'panorama');
}

/**
 * A folder of panoramas: the first of the candidates that exists, or else one generated panorama, which is
 * always in the cache.
 *
 * @param {string} folder where a panorama may be generated
 */
export async function choosePanoramaFolder(candidates, folder) {
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found) return { panoramaFolder: found, panoramas: 'panoramas of the training data' };
  const [width, height] = [generatedWidth, generatedWidth / 2];
  const pixels = new Uint8Array(width * height * 3);
  for (let index = 0; index < pixels.length; index++) {
    pixels[index] = 128 + 90 * Math.sin(index / 97) * Math.cos(index / 4001);
  }
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toFile(join(folder, 'generated.jpg'));
  return { panoramaFolder: folder, panoramas: 'one generated panorama' };
}
