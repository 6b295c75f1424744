import { frameExtractionFamily, frameExtractionPresets } from '@unblur/core-model';
import type { ExtractorConfig, FrameExtractionConfig, WeightValues } from '@unblur/core-model';
import { nonzeroWeights } from '../nonzero-weights.test-tool.js';
import type { LearningTask } from '../../training-system.js';
import { frameExtractionRestoration, stageObjective } from './frame-extraction-system.js';

const imageSizePixels = 16;

const narrow: ExtractorConfig = {
  factor: 4,
  channels: 6,
  groups: [[[1, 2]], [[2, 1]]],
  refinementChannels: 6,
};
/** Networks with all their parts, but narrow. */
export const narrowNetworks: FrameExtractionConfig = {
  ...frameExtractionPresets.small,
  frames: 5,
  middle: narrow,
  innerPair: narrow,
  outerPair: narrow,
};

/** What an engine computes in a stage of narrow networks, on one sample. */
export function narrowFrameExtractionTask(stage: number): LearningTask {
  const network = frameExtractionFamily.declare(narrowNetworks);
  return {
    weightShapes: frameExtractionFamily.shapesOf(narrowNetworks),
    restoration: frameExtractionRestoration(network, imageSizePixels),
    objective: stageObjective(network, stage, 1, imageSizePixels),
    groups: [network.stages[stage]!],
  };
}

/** Starting weights with something in every one. */
export function fullFrameExtractionWeights(): WeightValues {
  return nonzeroWeights(frameExtractionFamily.initialWeights(narrowNetworks, 3), 0.05);
}
