import { panoramaBatches } from '@unblur/datasets';
import type { Batch } from './engine.js';
import type { RunConfig } from './run-config.js';

/** The run's training batches from a sample index on, without end. */
export function trainingBatches(config: RunConfig, firstSample: number): AsyncIterator<Batch> {
  const { data, network, batchSize, seed } = config;
  return panoramaBatches({ ...data, frames: network.frames, batchSize, seed, firstSample });
}
