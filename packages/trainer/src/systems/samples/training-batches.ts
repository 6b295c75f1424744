import { mixedBatches } from '@unblur/datasets';
import type { MixedBatch, SampleSource } from '@unblur/datasets';
import { expectProcessorSources } from '../../run-file/sources.js';
import type { DataConfig } from '../../run-file/sources.js';
import type { Batch } from '../../engines/engine.js';

/**
 * Batches of samples of one blurred image and its frames each, from a sample index on, without end. @param
 * convert to what an objective takes.
 */
export async function* trainingBatches(
  data: DataConfig,
  options: { frames: number; batchSize: number; seed: number; firstSample: number },
  convert: (samples: MixedBatch) => Batch,
): AsyncGenerator<Batch, void, void> {
  expectProcessorSources(data);
  const sources = data.sources as (SampleSource & { weight: number })[];
  for await (const samples of mixedBatches({ ...data, ...options, sources })) yield convert(samples);
}
