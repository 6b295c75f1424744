import { blurToVideoPresets } from '@unblur/core-model';
import type { BlurToVideoConfig } from '@unblur/core-model';
import type { Batch } from './engine.js';
import { parseRunConfig } from './run-config.js';
import type { RunConfig } from './run-config.js';

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
  refiner: [{ channels: 4, dilation: 1 }],
};

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

/** Batches of a bright disc that moves to the right over a gradient: what a disc's blur looks like can be learned in a few steps. */
export function discBatch(firstSample: number, batchSize: number, frameCount: number, size: number): Batch {
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
export async function* discBatches(firstSample: number, { batchSize, network, data }: RunConfig): AsyncGenerator<Batch, never> {
  for (let sample = firstSample; ; sample += batchSize) yield discBatch(sample, batchSize, network.frames, data.sizePixels);
}
