import { requireBatches } from '../option-checks.js';
import { concatenate, type SampleValues } from '../sample.js';
import type { Recipe } from './recipes.node.js';
import { createSynthesisPool } from './synthesis-pool.node.js';

/** How a stream of batches is made; none of it changes what the samples are. */
export interface StreamOptions {
  batchSize: number;
  /**
   * Index of the first sample: batches read so far times batchSize, to go on where a run stopped. Default 0.
   */
  firstSample?: number | undefined;
  /** Worker threads; 0 makes the samples in the calling thread. Default 1. */
  workers?: number | undefined;
  /** Samples made ahead of need. Default: two batches. */
  prefetchSamples?: number | undefined;
  /** Memory for decoded pictures, in MiB, over all workers (a 2048x1024 panorama takes 11). Default 2048. */
  cacheMegabytes?: number | undefined;
}

export interface SampleGroup {
  /** Index of the group's first sample. */
  firstSample: number;
  samples: SampleValues[];
}

/**
 * An endless stream of samples in groups of `batchSize`, a bounded number of them made ahead. Leaving the
 * loop stops the workers.
 */
export async function* streamSamples(
  recipe: Recipe,
  options: StreamOptions,
): AsyncGenerator<SampleGroup, never, void> {
  const {
    batchSize,
    firstSample = 0,
    workers = 1,
    prefetchSamples = 2 * batchSize,
    cacheMegabytes = 2048,
  } = options;
  requireBatches({ batchSize, firstSample, workers, prefetchSamples });
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
    for (let groupStart = firstSample; ; groupStart += batchSize) {
      const samples: SampleValues[] = [];
      for (let i = 0; i < batchSize; i++) {
        while (ahead.length <= prefetchSamples) request();
        samples.push(await ahead.shift()!);
      }
      yield { firstSample: groupStart, samples };
    }
  } finally {
    await pool.close();
  }
}

/** [samples, size, size, 3] */
export function stackBlurred(samples: SampleValues[]): Float32Array {
  return concatenate(samples.map(({ blurred }) => blurred));
}

/** [samples, frames, size, size, 3] */
export function stackFrames(samples: SampleValues[]): Float32Array {
  return concatenate(samples.flatMap(({ frames }) => frames));
}
