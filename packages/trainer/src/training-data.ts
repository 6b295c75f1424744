import { mixedBatches } from '@unblur/datasets';
import type { Batch } from './engine.js';
import type { RunConfig } from './run-config.js';

/** The run's training batches from a sample index on, without end. */
export function trainingBatches({ data, network, batchSize, seed }: Pick<RunConfig, 'data' | 'network' | 'batchSize' | 'seed'>, firstSample: number): AsyncIterator<Batch> {
  return mixedBatches({ ...data, frames: network.frames, batchSize, seed, firstSample });
}
