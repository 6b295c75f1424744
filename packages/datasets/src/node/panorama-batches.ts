import { resolvePanoramaOptions, type PartialPanoramaOptions } from '../panorama-options.js';
import { listPanoramas } from './panorama-folder.js';
import type { PanoramaRecipe } from './panorama-synthesizer.js';
import { createSynthesisPool, type SampleValues } from './synthesis-pool.js';

/** Panorama synthesis as a stream of batches. Plain data: a section of a run file. */
export interface PanoramaBatchOptions extends PartialPanoramaOptions {
  /** Folder of equirectangular panoramas. */
  folder: string;
  batchSize: number;
  /** Decides every random choice. */
  seed: number;
  /** Index of the first sample: batches read so far times batchSize, to go on where a run stopped. Default 0. */
  firstSample?: number;
  /** Worker threads; 0 makes the samples in the calling thread. Default 1. */
  workers?: number;
  /** Samples made ahead of need. Default: two batches. */
  prefetchSamples?: number;
  /** Memory for decoded panoramas, in MiB, over all workers (a 2048x1024 one takes 11). Default 2048. */
  cacheMegabytes?: number;
}

export interface PanoramaBatch {
  /** Index of the batch's first sample. */
  firstSample: number;
  /** [batch, size, size, 3] display values in [0, 1]. */
  blurred: Float32Array;
  /** [batch, frames, size, size, 3], in time order. */
  frames: Float32Array;
  /** [batch]: the angle that the camera turned by. */
  rotationDegrees: Float32Array;
}

/**
 * An endless stream of batches of rotationally blurred pictures with their latent frames. Sample i depends on the panoramas (their names' order
 * and contents), `seed`, the synthesis options and i only: neither the number of workers nor the batch size nor where the stream began changes a byte.
 * Leaving the loop stops the workers.
 *
 * @throws Error (at the first batch) for wrong options, a missing or empty folder; later, for a panorama that cannot be used, by name.
 */
export async function* panoramaBatches(given: PanoramaBatchOptions): AsyncGenerator<PanoramaBatch, never, void> {
  const { folder, batchSize, seed, firstSample = 0, workers = 1, prefetchSamples = 2 * batchSize, cacheMegabytes = 2048, ...synthesis } = given;
  const options = resolvePanoramaOptions(synthesis);
  const recipe: PanoramaRecipe = { panoramas: listPanoramas(folder), seed, order: 'random', options };
  const pool = createSynthesisPool(recipe, workers, cacheMegabytes * 2 ** 20);
  const ahead: Promise<SampleValues>[] = [];
  let nextSample = firstSample;
  const request = (): void => {
    const values = pool.synthesize(nextSample++);
    // A failure is reported when its turn comes.
    values.catch(() => {});
    ahead.push(values);
  };
  try {
    for (let batchStart = firstSample; ; batchStart += batchSize) {
      const samples: SampleValues[] = [];
      for (let i = 0; i < batchSize; i++) {
        while (ahead.length <= prefetchSamples) request();
        samples.push(await ahead.shift()!);
      }
      yield stackSamples(batchStart, samples);
    }
  } finally {
    await pool.close();
  }
}

function stackSamples(firstSample: number, samples: SampleValues[]): PanoramaBatch {
  const imageLength = samples[0]!.blurred.length;
  const frameCount = samples[0]!.frames.length;
  const blurred = new Float32Array(samples.length * imageLength);
  const frames = new Float32Array(samples.length * frameCount * imageLength);
  for (const [index, sample] of samples.entries()) {
    blurred.set(sample.blurred, index * imageLength);
    for (const [time, frame] of sample.frames.entries()) frames.set(frame, (index * frameCount + time) * imageLength);
  }
  return { firstSample, blurred, frames, rotationDegrees: Float32Array.from(samples, ({ rotationDegrees }) => rotationDegrees) };
}
