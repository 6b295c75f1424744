import type { OptionNames } from '@unblur/files';
import { requireBatches } from '../option-checks.js';
import type { SampleValues } from '../sample.js';
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

export const streamOptionNames: OptionNames<StreamOptions> = {
  batchSize: true,
  firstSample: true,
  workers: true,
  prefetchSamples: true,
  cacheMegabytes: true,
};

/** Samples that make a batch. */
export interface SampleGroup<T> {
  /** Index of the group's first sample in the stream. */
  firstSample: number;
  samples: T[];
}

/**
 * An endless stream of samples in groups of `batchSize`, a bounded number of them made ahead. Leaving the
 * loop stops the workers.
 */
export async function* streamSamples(
  recipe: Recipe,
  {
    batchSize,
    firstSample = 0,
    workers = 1,
    prefetchSamples = 2 * batchSize,
    cacheMegabytes = 2048,
  }: StreamOptions,
): AsyncGenerator<SampleGroup<SampleValues>, void, void> {
  requireBatches({ batchSize, firstSample, workers, prefetchSamples });
  const pool = createSynthesisPool(recipe, workers, cacheMegabytes * 2 ** 20);
  let next = firstSample;
  try {
    const samples = readAhead(() => pool.synthesize(next++), prefetchSamples);
    yield* groupSamples(samples, batchSize, firstSample);
  } finally {
    await pool.close();
  }
}

/** Cuts an endless stream of samples into groups. */
export async function* groupSamples<T>(
  stream: AsyncGenerator<T, void, void>,
  batchSize: number,
  firstSample: number,
): AsyncGenerator<SampleGroup<T>, void, void> {
  for (let groupStart = firstSample; ; groupStart += batchSize) {
    const samples: T[] = [];
    while (samples.length < batchSize) samples.push((await stream.next()).value as T);
    yield { firstSample: groupStart, samples };
  }
}

/**
 * Yields the results of requests in order, with the given number of further requests under way. A failure is
 * thrown when its turn comes.
 *
 * @param request gives `undefined` once there is nothing left.
 */
export async function* readAhead<T>(
  request: () => Promise<T> | undefined,
  ahead: number,
): AsyncGenerator<T, void, void> {
  const underWay: Promise<T>[] = [];
  for (;;) {
    while (underWay.length <= ahead) {
      const next = request();
      if (!next) break;
      next.catch(() => {});
      underWay.push(next);
    }
    if (underWay.length === 0) return;
    yield await underWay.shift()!;
  }
}
