import { videoDeblurFamily, videoDeblurPresets } from '@unblur/core-model';
import type { VideoDeblurConfig, WeightValues } from '@unblur/core-model';
import { nonzeroWeights } from '../nonzero-weights.test-tool.js';
import type { LearningTask } from '../../training-system.js';
import {
  cascadeObjective,
  flowObjective,
  isFlowWeight,
  middleRestoration,
} from './video-deblur-objectives.js';

const imageSizePixels = 32;
const { small } = videoDeblurPresets;

/** Both stages with all their parts, but narrow. */
const narrowNetwork: VideoDeblurConfig = {
  ...small,
  flow: {
    ...small.flow,
    pyramidChannels: [3, 4, 5, 6],
    pyramidConvolutions: 1,
    searchRadiusPixels: 2,
    denseChannels: [4, 3],
    refiner: [{ channels: 4, dilation: 2 }],
  },
  reconstruction: {
    kernelSize: 3,
    channels: [3, 4, 5],
    residualBlocks: [1, 1, 1],
    finestLevel: 1,
    residualImage: true,
  },
  scaleFusion: null,
};

/** `network` of a run file: the one that is shipped, but narrow; takes pictures of 32 pixels. */
export const narrowVideoDeblurRun = {
  preset: 'small',
  flow: {
    pyramidChannels: [3, 4, 5],
    pyramidConvolutions: 1,
    searchRadiusPixels: 2,
    denseChannels: [4],
    refiner: [{ channels: 4, dilation: 2 }],
  },
  reconstruction: {
    encoderChannels: [3, 3, 4, 4, 4],
    middleDecoder: { upscaledChannels: [0, 2, 2, 2, 2], denseChannels: [[], [3, 3], [3], [3], [3]] },
    refiner: [{ channels: 3, dilation: 2 }],
    exposureRefiner: { iterations: 1, times: 2, channels: [3] },
  },
  scaleFusion: null,
};
/** What an engine computes in the phases of a narrow video-deblurring network, on one sample. */
export function narrowVideoDeblurTask(phase: 'flow' | 'cascade'): LearningTask {
  const weightShapes = videoDeblurFamily.shapesOf(narrowNetwork);
  const names = Object.keys(weightShapes);
  const flowWeights = names.filter(isFlowWeight);
  return {
    weightShapes,
    restoration: middleRestoration(narrowNetwork, imageSizePixels),
    ...(phase === 'flow'
      ? { objective: flowObjective(narrowNetwork, 1, imageSizePixels), groups: [flowWeights] }
      : {
          objective: cascadeObjective(
            narrowNetwork,
            { norm: 'l1', hardShare: 0.5, hardWeight: 2 },
            1,
            imageSizePixels,
          ),
          groups: [flowWeights, names.filter((name) => !isFlowWeight(name))],
        }),
  };
}

/**
 * Of the flow network, in units of 20 pixels: two thirds or a third of a pixel away from a whole number at
 * every level.
 */
const evenFlow = [16 / 3 / 20, -16 / 3 / 20];

/**
 * Starting weights with something in every one. The flow differs little from place to place, so that no
 * position that is sampled is near a pixel's centre.
 */
export function fullVideoDeblurWeights(): WeightValues {
  const weights = nonzeroWeights(videoDeblurFamily.initialWeights(narrowNetwork, 3));
  for (const [name, { values }] of Object.entries(weights)) {
    if (!/^flow\.(level\d|refiner)\.(upscale-)?flow\./.test(name)) continue;
    if (name.endsWith('.kernel')) values.forEach((value, index) => (values[index] = value / 100));
    else values.set(name.startsWith('flow.refiner.') ? [0, 0] : evenFlow);
  }
  return weights;
}
