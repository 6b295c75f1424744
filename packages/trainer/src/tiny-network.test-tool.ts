import { blurToVideoPresets, initialWeights } from '@unblur/core-model';
import type { BlurToVideoConfig, WeightValues } from '@unblur/core-model';
import { blurToVideoTask } from './blur-to-video/sample-objective.js';
import { parseRunConfig } from './blur-to-video/run-config.js';
import type { RunConfig } from './blur-to-video/run-config.js';
import type { LearningTask } from './training-system.js';

export const TINY_SIZE_PIXELS = 32;

const decoder = { upscaledChannels: [0, 4, 4, 4, 4], denseChannels: [[], [4], [4], [4], [4]] };

/** A whole network, but for its widths. */
export const tinyNetwork: BlurToVideoConfig = {
  ...blurToVideoPresets.small,
  frames: 3,
  encoderChannels: [4, 4, 4, 4, 4],
  middleDecoder: decoder,
  frameDecoder: decoder,
  motionDecoder: { upscaledChannels: [0, 0, 0, 4, 4], denseChannels: [[], [], [], [4], [4]] },
  frameConfidence: { channels: [4, 4, 4] },
  scaleFusion: null,
  refiner: [{ channels: 4, dilation: 1 }],
};

/** Starting weights with something in every weight, so that every gradient is at work. */
export function fullWeights(network: BlurToVideoConfig): WeightValues {
  const weights = initialWeights(network, 3);
  for (const { values } of Object.values(weights)) for (let index = 0; index < values.length; index++) values[index]! += 0.02 * Math.sin(3 * index + values.length);
  return weights;
}

/** Largest difference, relative to the largest value. */
export function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return expected.reduce((max, value, index) => Math.max(max, Math.abs(value - actual[index]!)), 0) / Math.max(largest, 1e-6);
}

/** A run of the tiny network; `changes` are lines of YAML. */
export function tinyRun(changes = ''): RunConfig {
  return parseRunConfig(
    `
network: ${JSON.stringify(tinyNetwork)}
data: { sizePixels: ${TINY_SIZE_PIXELS}, sources: [{ kind: panorama, folder: unused }] }
validation: { panoramas: unused, sizePixels: ${TINY_SIZE_PIXELS}, everySteps: 1000 }
loss: { order: better, norm: log-l1, transformationConsistency: 0.001, symmetricPenalty: 0.001 }
optimizer: { learningRate: 0.002 }
emaDecay: 0.9
batchSize: 2
seed: 7
${changes}`,
    'tiny.yaml',
  );
}

/** What an engine computes for the tiny run's loss on 2 samples, or as `changes` say. */
export function tinyTask(network: BlurToVideoConfig, changes: { batchSize?: number; sizePixels?: number; validationSizePixels?: number; loss?: RunConfig['loss'] } = {}): LearningTask {
  const { batchSize = 2, sizePixels = TINY_SIZE_PIXELS, validationSizePixels = TINY_SIZE_PIXELS, loss = tinyRun('steps: 1').loss } = changes;
  return blurToVideoTask(network, loss, { batchSize, sizePixels, validationSizePixels });
}

/** Batches of a bright disc that moves to the right over a gradient: what a disc's blur looks like can be learned in a few steps. */
export function discBatch(firstSample: number, batchSize: number, frameCount: number, size: number): { blurred: Float32Array; frames: Float32Array } {
  const pixels = size * size * 3;
  const blurred = new Float32Array(batchSize * pixels);
  const frames = new Float32Array(batchSize * frameCount * pixels);
  for (let sample = 0; sample < batchSize; sample++) {
    const phase = (firstSample + sample) * 2.39996;
    for (let frame = 0; frame < frameCount; frame++) {
      const centreX = size / 2 + 5 * Math.cos(phase) + 3 * (frame - (frameCount - 1) / 2);
      const centreY = size / 2 + 5 * Math.sin(phase);
      for (let index = 0; index < pixels; index++) {
        const [channel, x, y] = [index % 3, Math.floor(index / 3) % size, Math.floor(index / 3 / size)];
        const inside = Math.hypot(x - centreX, y - centreY) < 7;
        const value = inside ? 0.9 - 0.2 * channel : 0.2 + (0.3 * y) / size;
        frames[(sample * frameCount + frame) * pixels + index] = value;
        blurred[sample * pixels + index]! += value / frameCount;
      }
    }
  }
  return { blurred, frames };
}

/** Disc batches without end. */
export async function* discBatches(firstSample: number, { batchSize, network, data }: RunConfig): AsyncGenerator<ReturnType<typeof discBatch>, never> {
  for (let sample = firstSample; ; sample += batchSize) yield discBatch(sample, batchSize, network.frames, data.sizePixels);
}
