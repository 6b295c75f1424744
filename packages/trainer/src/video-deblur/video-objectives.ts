import { abs, add, addN, avgPool, mean, mul, sub } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { declareVideoDeblur } from '@unblur/core-model';
import type { VideoDeblurConfig } from '@unblur/core-model';
import { timeSlices } from '../time-slices.js';
import type { Objective, Restoration } from '../training-system.js';
import { hardExampleLoss } from './hard-example-loss.js';
import type { HardExampleOptions } from './hard-example-loss.js';

/** Frames of a training window, whatever part of it the network sees. */
export const WINDOW_FRAMES = 5;
/** Index of the frame that is restored. */
export const MIDDLE = 2;

/** Flows inside the network are in units of this many pixels. */
const PIXELS_PER_UNIT = 20;

export const isFlowWeight = (name: string): boolean => name.startsWith('flow.');

/** Frames at either end of a window that a network does not see: one of one stage sees the three around the middle. */
const unseenFrames = ({ stages }: Pick<VideoDeblurConfig, 'stages'>): number => (stages === 1 ? 1 : 0);

/**
 * The loss of the whole cascade: L1 with hard-example mining over the results of both stages.
 *
 * A batch is `blurred` and `gt` `[B, 5, S, S, 3]`, and `randomMask` `[B, S, S, 1]`.
 */
export function cascadeObjective(config: VideoDeblurConfig, loss: HardExampleOptions, batchSize: number, sizePixels: number): Objective {
  const network = declareVideoDeblur(config);
  const unseen = unseenFrames(config);
  const window = [batchSize, WINDOW_FRAMES, sizePixels, sizePixels, 3];
  return {
    batchShapes: { blurred: window, gt: window, randomMask: [batchSize, sizePixels, sizePixels, 1] },
    loss: (inputs) => {
      const seenFrames = (name: string) => timeSlices(inputs[name] as Tensor5D).slice(unseen, WINDOW_FRAMES - unseen);
      const [blurred, gt] = [seenFrames('blurred'), seenFrames('gt')];
      const { firstStage, secondStage } = network.deblur(blurred, inputs);
      const restored = [...firstStage.map(({ image }) => image), ...(secondStage ? [secondStage.image] : [])];
      const targets = [...gt.slice(1, -1), ...(secondStage ? [gt[MIDDLE]!] : [])];
      const { total, l1, hard } = hardExampleLoss(restored, targets, inputs['randomMask'] as Tensor4D, loss);
      return { total, l1, hard };
    },
  };
}

/**
 * The loss of the flow network alone: mean absolute error of the flow of every level, in pixels of the frame, against the known flow
 * averaged to that level.
 *
 * A batch is `first` and `second` `[B, S, S, 3]`, and `flowPixels` `[B, S, S, 2]` from the first to the second.
 */
export function flowObjective(config: VideoDeblurConfig, batchSize: number, sizePixels: number): Objective {
  const network = declareVideoDeblur(config);
  const shape = (channels: number) => [batchSize, sizePixels, sizePixels, channels];
  return {
    batchShapes: { first: shape(3), second: shape(3), flowPixels: shape(2) },
    loss: (inputs) => {
      const [first, second, gt] = [inputs['first'], inputs['second'], inputs['flowPixels']] as [Tensor4D, Tensor4D, Tensor4D];
      const describe = (frame: Tensor4D) => network.flow.describe(network.flow.resize(frame), inputs);
      const { levels, refined } = network.flow.match(describe(first), describe(second), [sizePixels, sizePixels], inputs);
      const errorAt = (flow: Tensor4D, level: number) => mean(abs(sub(mul(flow, PIXELS_PER_UNIT), avgPool(gt, 2 ** level, 2 ** level, 'valid')))) as Scalar;
      const endpoint = errorAt(refined, config.flow.finestLevel);
      return { total: add(endpoint, addN(levels.map(({ flow, level }) => mul(errorAt(flow, level), 0.5)))) as Scalar, endpoint };
    },
  };
}

/** The middle frame of a window `[1, 5, S, S, 3]`. */
export function middleRestoration(config: VideoDeblurConfig, sizePixels: number): Restoration {
  const network = declareVideoDeblur(config);
  const unseen = unseenFrames(config);
  return {
    blurredShape: [1, WINDOW_FRAMES, sizePixels, sizePixels, 3],
    restore: (blurred, weights) => [network.deblur(timeSlices(blurred as Tensor5D).slice(unseen, WINDOW_FRAMES - unseen), weights).image],
  };
}
