import { photoFamily } from '@unblur/core-model';
import type { PhotoConfig, WeightValues } from '@unblur/core-model';
import { nonzeroWeights } from '../nonzero-weights.test-tool.js';
import { parseRun } from '../load-run.js';
import type { PhotoRun } from './photo-run.js';
import { photoTask } from './photo-system.js';
import type { PhotoObjective } from './photo-system.js';
import type { SampleBatch, SampleSizes } from '../samples/sample-batch.js';
import type { LearningTask } from '../../training-system.js';

export const tinySizePixels = 32;
export const tinyFrames = 3;

/** A whole photo network, but for its widths and depths. */
export const tinyNetwork: PhotoConfig = {
  channels: [4, 4, 4, 4],
  encoderBlocks: [1, 1, 1],
  bottleneckBlocks: 1,
  decoderBlocks: [1, 1, 1],
  trajectoryChannels: 4,
  trajectoryBlocks: 1,
  frameChannels: 4,
  frameBlocks: 1,
};

/**
 * Starting weights with something in every one. All points move alike but for little, by about 0.6 pixels to
 * the first and to the last frame, so that no position that is sampled is near a pixel's centre, be it of the
 * photograph or of the feature of half its size.
 */
export function fullWeights(network: PhotoConfig): WeightValues {
  const weights = nonzeroWeights(photoFamily.initialWeights(network, 3));
  const { 'trajectory.predict.kernel': kernel, 'trajectory.predict.bias': bias } = weights;
  kernel!.values.forEach((value, index, all) => (all[index] = value / network.trajectoryChannels));
  bias!.values.set([0.6, -0.6, 0.03, 0.02, -0.03, 0.02]);
  return weights;
}

/** Largest difference, relative to the largest value. */
export function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  // A plain loop: `Math` is slow to reach from a test, and networks have millions of weights.
  let largest = 1e-6;
  let difference = 0;
  for (let index = 0; index < expected.length; index++) {
    const value = expected[index]!;
    const error = value - actual[index]!;
    if (value > largest) largest = value;
    else if (-value > largest) largest = -value;
    // Written so that what is not a number counts.
    if (!(error <= difference && -error <= difference)) difference = error < 0 ? -error : error;
    if (!(difference >= 0)) return NaN;
  }
  return difference / largest;
}

/** A run of the tiny network; `changes` are lines of YAML. */
export function tinyRun(changes = ''): PhotoRun {
  const run = parseRun(
    `
network: ${JSON.stringify(tinyNetwork)}
frames: ${tinyFrames}
data: { sizePixels: ${tinySizePixels}, sources: [{ kind: panorama, folder: unused }] }
validation: { panoramas: unused, sizePixels: ${tinySizePixels}, everySteps: 1000 }
loss: { motion: 0.1, canonicalShare: 0 }
optimizer: { learningRate: 0.002 }
emaDecay: 0.9
batchSize: 2
seed: 7
${changes}`,
    'tiny.yaml',
  );
  return run.config as PhotoRun;
}

/** What an engine computes for the tiny run's loss on 2 samples, or as `changes` say. */
export function tinyTask(
  network = tinyNetwork,
  changes: Partial<SampleSizes & PhotoObjective> = {},
): LearningTask {
  const {
    batchSize = 2,
    sizePixels = tinySizePixels,
    validationSizePixels = sizePixels,
    frames = tinyFrames,
    order = 'better',
    loss = tinyRun('steps: 1').loss,
  } = changes;
  return photoTask(network, { frames, order, loss }, { batchSize, sizePixels, validationSizePixels });
}

/**
 * A bright disc that moves by 3 pixels from frame to frame, to the right over a gradient: what its blur looks
 * like can be learned in a few steps.
 */
export function discBatch(
  firstSample: number,
  batchSize: number,
  frameCount: number,
  size: number,
): Required<SampleBatch> & Record<string, Float32Array> {
  const places = size * size;
  const pixels = places * 3;
  const blurred = new Float32Array(batchSize * pixels);
  const frames = new Float32Array(batchSize * frameCount * pixels);
  const motionPixels = new Float32Array(batchSize * places * 2);
  const middle = (frameCount - 1) / 2;
  for (let sample = 0; sample < batchSize; sample++) {
    const phase = (firstSample + sample) * 2.39996;
    for (let frame = 0; frame < frameCount; frame++) {
      const centreX = size / 2 + 5 * Math.cos(phase) + 3 * (frame - middle);
      const centreY = size / 2 + 5 * Math.sin(phase);
      for (let place = 0; place < places; place++) {
        const [x, y] = [place % size, Math.floor(place / size)];
        const inside = Math.hypot(x - centreX, y - centreY) < 7;
        if (inside && frame === middle) motionPixels[(sample * places + place) * 2] = 3 * middle;
        for (let channel = 0; channel < 3; channel++) {
          const value = inside ? 0.9 - 0.2 * channel : 0.2 + (0.3 * y) / size;
          frames[(sample * frameCount + frame) * pixels + 3 * place + channel] = value;
          blurred[sample * pixels + 3 * place + channel]! += value / frameCount;
        }
      }
    }
  }
  return { blurred, frames, motionPixels, motionKnown: new Float32Array(batchSize).fill(1) };
}

/** Disc batches without end. */
export async function* discBatches(
  firstSample: number,
  { batchSize, frames, data }: PhotoRun,
): AsyncGenerator<ReturnType<typeof discBatch>, never> {
  for (let sample = firstSample; ; sample += batchSize) {
    yield discBatch(sample, batchSize, frames, data.sizePixels);
  }
}
