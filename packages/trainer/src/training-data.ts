import { mixedBatches } from '@unblur/datasets';
import type { MixedBatch } from '@unblur/datasets';
import type { DataConfig } from './data-config.js';
import type { Batch } from './engine.js';

/** Batches of samples of one blurred image and its frames each, from a sample index on, without end. @param convert to what an objective takes. */
export async function* trainingBatches(data: DataConfig, options: { frames: number; batchSize: number; seed: number; firstSample: number }, convert: (samples: MixedBatch) => Batch): AsyncGenerator<Batch, void, void> {
  for await (const samples of mixedBatches({ ...data, ...options })) yield convert(samples);
}
