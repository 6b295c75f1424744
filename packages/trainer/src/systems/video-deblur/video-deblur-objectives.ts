import { abs, add, addN, avgPool, mean, mul, sub } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { videoDeblurFamily, windowFrames } from '@unblur/core-model';
import type { VideoDeblurConfig } from '@unblur/core-model';
import { timeSlices } from '../samples/sample-batch.js';
import type { Objective, Restoration } from '../../training-system.js';
import { hardExampleLoss } from '../../losses/hard-example-loss.js';
import type { HardExampleOptions } from '../../losses/hard-example-loss.js';

/** Whether a weight is of the flow network, by its name. */
export const isFlowWeight = (name: string): boolean => name.startsWith('flow.');

/**
 * The loss of the whole cascade: L1 with hard-example mining over the results of both stages.
 *
 * A batch is `blurred` `[B, windowFrames(config), S, S, 3]`, `gt` of those frames that the first stage
 * restores, and `randomMask` `[B, S, S, 1]`.
 */
export function cascadeObjective(
  config: VideoDeblurConfig,
  loss: HardExampleOptions,
  batchSize: number,
  sizePixels: number,
): Objective {
  const network = videoDeblurFamily.declare(config);
  const clip = (frames: number) => [batchSize, frames, sizePixels, sizePixels, 3];
  const [seen, restoredFirst] = [windowFrames(config), windowFrames(config) - 2];
  return {
    batchShapes: {
      blurred: clip(seen),
      gt: clip(restoredFirst),
      randomMask: [batchSize, sizePixels, sizePixels, 1],
    },
    loss: (inputs) => {
      const [blurred, gt] = [timeSlices(inputs['blurred'] as Tensor5D), timeSlices(inputs['gt'] as Tensor5D)];
      const { firstStage, secondStage } = network.deblur(blurred, inputs);
      const restored = [...firstStage.map(({ image }) => image), ...(secondStage ? [secondStage.image] : [])];
      const targets = [...gt, ...(secondStage ? [gt[(restoredFirst - 1) / 2]!] : [])];
      const { total, l1, hard } = hardExampleLoss(restored, targets, inputs['randomMask'] as Tensor4D, loss);
      return { total, l1, hard };
    },
  };
}

/**
 * The loss of the flow network alone: mean absolute error of the flow of every level, in pixels of the frame,
 * against the known flow averaged to that level.
 *
 * A batch is `first` and `second` `[B, S, S, 3]`, and `flowPixels` `[B, S, S, 2]` from the first to the
 * second.
 */
export function flowObjective(config: VideoDeblurConfig, batchSize: number, sizePixels: number): Objective {
  const network = videoDeblurFamily.declare(config);
  const shape = (channels: number) => [batchSize, sizePixels, sizePixels, channels];
  return {
    batchShapes: { first: shape(3), second: shape(3), flowPixels: shape(2) },
    loss: (inputs) => {
      const [first, second, gt] = [inputs['first'], inputs['second'], inputs['flowPixels']] as [
        Tensor4D,
        Tensor4D,
        Tensor4D,
      ];
      const describe = (frame: Tensor4D) => network.flow.describe(network.flow.resize(frame), inputs);
      const { levels, refined } = network.flow.match(
        describe(first),
        describe(second),
        [sizePixels, sizePixels],
        inputs,
      );
      const errorOf = (flow: Tensor4D) => {
        const cellPixels = sizePixels / flow.shape[1];
        return mean(
          abs(sub(mul(flow, network.flow.pixelsPerUnit), avgPool(gt, cellPixels, cellPixels, 'valid'))),
        ) as Scalar;
      };
      const endpoint = errorOf(refined);
      return {
        total: add(endpoint, addN(levels.map(({ flow }) => mul(errorOf(flow), 0.5)))) as Scalar,
        endpoint,
      };
    },
  };
}

/** The middle frame of a window `[1, windowFrames(config), S, S, 3]`. */
export function middleRestoration(config: VideoDeblurConfig, sizePixels: number): Restoration {
  const network = videoDeblurFamily.declare(config);
  return {
    blurredShape: [1, windowFrames(config), sizePixels, sizePixels, 3],
    restore: (blurred, weights) => ({
      frames: [network.deblur(timeSlices(blurred as Tensor5D), weights).image],
    }),
  };
}
