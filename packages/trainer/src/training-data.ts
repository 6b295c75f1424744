import { noAugmentation, panoramaBatches } from '@unblur/datasets';
import type { DataConfig, RunConfig } from './run-config.js';
import type { Batch } from './engine.js';
import type { ValidationSample } from './validation.js';

/** The run's training batches from a sample index on, without end. */
export function trainingBatches(config: RunConfig, firstSample: number): AsyncIterator<Batch> {
  const { data, network, batchSize, seed } = config;
  return panoramaBatches({ ...data, frames: network.frames, batchSize, seed, firstSample });
}

/** The run's validation samples: always the same, without augmentation or noise. */
export async function validationSamples({ data, network, validation }: RunConfig): Promise<ValidationSample[]> {
  const { sizePixels, count, seed, angleDegrees } = validation;
  const fixed: Partial<DataConfig> = {
    folder: validation.panoramas,
    sizePixels,
    photoPixels: Math.max(data.photoPixels, sizePixels),
    angleDegrees: angleDegrees as [number, number],
    angleExponent: 1,
    augmentation: noAugmentation,
    workers: 0,
    cacheMegabytes: 64,
  };
  const samples: ValidationSample[] = [];
  for await (const { blurred, frames } of panoramaBatches({ ...data, ...fixed, frames: network.frames, batchSize: 1, seed, prefetchSamples: 0 })) {
    const image = (values: Float32Array) => ({ width: sizePixels, height: sizePixels, data: values });
    samples.push({
      blurred: image(blurred),
      frames: Array.from({ length: network.frames }, (_, frame) => image(frames.slice(frame * blurred.length, (frame + 1) * blurred.length))),
    });
    if (samples.length === count) break;
  }
  return samples;
}
