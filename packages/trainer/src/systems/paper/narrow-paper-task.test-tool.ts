import { paperFamily, paperPreset } from '@unblur/core-model';
import type { PaperConfig, WeightValues } from '@unblur/core-model';
import { nonzeroWeights } from '../nonzero-weights.test-tool.js';
import type { LearningTask } from '../../training-system.js';
import type { PaperLossConfig } from './paper-loss.js';
import { paperTask } from './paper-system.js';

const narrowDecoder = ({
  upscaledChannels,
  denseChannels,
}: PaperConfig['middleDecoder']): PaperConfig['middleDecoder'] => ({
  upscaledChannels: upscaledChannels.map(() => 3),
  denseChannels: denseChannels.map(() => [3, 3]),
});

/** The paper's network with all its parts, but narrow. */
export const narrowPaper: PaperConfig = {
  ...paperPreset,
  frames: 3,
  encoderChannels: paperPreset.encoderChannels.map(() => 3),
  middleDecoder: narrowDecoder(paperPreset.middleDecoder),
  frameDecoder: narrowDecoder(paperPreset.frameDecoder),
  refiner: [
    { channels: 3, dilation: 1 },
    { channels: 3, dilation: 2 },
  ],
};

/** All losses of the paper. */
export const wholePaperLoss: PaperLossConfig = {
  norm: 'l1',
  order: 'better',
  levelWeights: [1, 0.5, 0.25, 0.125, 0.0625],
  frameWeights: 'equal',
  transformationConsistency: 0.001,
  symmetricPenalty: 0.001,
  symmetricPenaltyBound: null,
};

/** What an engine computes for the narrow network. */
export function narrowPaperTask(sizePixels = 32, batchSize = 1): LearningTask {
  return paperTask(narrowPaper, wholePaperLoss, { batchSize, sizePixels, validationSizePixels: sizePixels });
}

/** In pixels of the photograph: at every level two thirds or a third of a pixel away from a whole number. */
const evenMotion = 16 / 3;

/**
 * Starting weights with something in every one. The motions differ little from place to place, so that no
 * position that is sampled is near a pixel's centre.
 */
export function fullPaperWeights(): WeightValues {
  const weights = nonzeroWeights(paperFamily.initialWeights(narrowPaper, 3));
  for (const [name, { values }] of Object.entries(weights)) {
    const [, level, layer] = /\.level(\d)\.(stn\.affine|itn\.affine|flow)\./.exec(name) ?? [];
    if (layer === undefined) continue;
    // Levels correct the motion of the level above, but for that of the image, which each finds anew. A raw 1
    // is a translation of 16 pixels.
    const motion = level === '4' || layer === 'itn.affine' ? evenMotion : 0;
    if (name.endsWith('.kernel')) values.forEach((value, index) => (values[index] = value / 100));
    else values.set(layer === 'flow' ? [motion / 16, -motion / 16] : [0, 0, motion / 16, 0, 0, -motion / 16]);
  }
  return weights;
}
