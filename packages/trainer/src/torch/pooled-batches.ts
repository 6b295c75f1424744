import type { Batch } from '../engine.js';

/** A step's turn to draw a batch from the learner's pool. */
export interface PoolDraw {
  /** Decides which samples are drawn, and how each is cut, turned and coloured. */
  seed: number;
}

export interface PoolOptions {
  samples: number;
  reuse: number;
}

/** Puts samples into the pool. */
export type AddSamples = (samples: Batch) => Promise<void>;

/**
 * Fills a pool with samples while a run draws from it, without end. A draw waits until the pool holds a batch, and while
 * the samples added so far have been seen `reuse` times on average.
 *
 * @param made samples as they are made, `addedAtOnce` at a time.
 */
export async function* pooledBatches(made: AsyncIterator<Batch>, addedAtOnce: number, add: AddSamples, { samples, reuse }: PoolOptions, batchSize: number, seed: number): AsyncGenerator<PoolDraw, never> {
  let added = 0;
  let stopped = false;
  let failure: { error: unknown } | undefined;
  let announce = () => {};
  let news = new Promise<void>((resolve) => (announce = resolve));
  const tellNews = () => {
    const tell = announce;
    news = new Promise<void>((resolve) => (announce = resolve));
    tell();
  };
  const fill = async () => {
    try {
      while (!stopped) {
        const { value, done } = await made.next();
        if (done || stopped) break;
        await add(value);
        added += addedAtOnce;
        tellNews();
      }
    } catch (error) {
      failure = { error };
      tellNews();
    }
  };
  const filling = fill();
  try {
    const needed = Math.min(batchSize, samples);
    for (let drawn = 0; ; drawn += batchSize) {
      while (!failure && (added < needed || drawn + batchSize > added * reuse)) await news;
      if (failure) throw failure.error;
      yield { seed: seed + drawn };
    }
  } finally {
    stopped = true;
    await made.return?.();
    await filling;
  }
}
