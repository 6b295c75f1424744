import { abs, add, addN, avgPool, engine, keep, mean, mul, reshape, slice, sub, zerosLike } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { declareVideoDeblur } from '@unblur/core-model';
import type { NamedTensors, VideoDeblurConfig } from '@unblur/core-model';
import { gradientName, termName } from '../training-step.js';
import { hardExampleLoss } from './hard-example-loss.js';
import type { HardExampleOptions } from './hard-example-loss.js';

/** Flows inside the network are in units of this many pixels. */
const PIXELS_PER_UNIT = 20;

export const isFlowWeight = (name: string): boolean => name.startsWith('flow.');

/**
 * One step of training the cascade as a function of tensors alone.
 *
 * Inputs: every weight by its name, `blurred` and `gt` `[B, 5, S, S, 3]`, `randomMask` `[B, S, S, 1]`. Outputs: loss terms by `termName`,
 * gradients of the total by `gradientName`.
 */
export function cascadeStep(config: VideoDeblurConfig, loss: HardExampleOptions): (inputs: NamedTensors) => NamedTensors {
  const network = declareVideoDeblur(config);
  // A network of one stage sees the three frames around the middle one.
  const margin = config.stages === 1 ? 1 : 0;
  return (inputs) => {
    const window = (name: string) => timeSlices(inputs[name] as Tensor5D).slice(margin, 5 - margin);
    const [blurred, gt] = [window('blurred'), window('gt')];
    return lossAndGradients(inputs, Object.keys(network.weights), () => {
      const { firstStage, secondStage } = network.deblur(blurred, inputs);
      const restored = [...firstStage.map(({ image }) => image), ...(secondStage ? [secondStage.image] : [])];
      const targets = [...gt.slice(1, -1), ...(secondStage ? [gt[2]!] : [])];
      const { total, l1, hard } = hardExampleLoss(restored, targets, inputs['randomMask'] as Tensor4D, loss);
      return { total, l1, hard };
    });
  };
}

/**
 * One step of training the flow network alone: mean absolute error of the flow of every level, in pixels of the frame, against the known
 * flow averaged to that level.
 *
 * Inputs: the flow network's weights, `first` and `second` `[B, S, S, 3]`, and `flowPixels` `[B, S, S, 2]` from the first to the second.
 */
export function flowStep(config: VideoDeblurConfig): (inputs: NamedTensors) => NamedTensors {
  const network = declareVideoDeblur(config);
  return (inputs) => {
    const [first, second, gt] = [inputs['first'], inputs['second'], inputs['flowPixels']] as [Tensor4D, Tensor4D, Tensor4D];
    return lossAndGradients(inputs, Object.keys(network.weights).filter(isFlowWeight), () => {
      const describe = (frame: Tensor4D) => network.flow.describe(network.flow.resize(frame), inputs);
      const { levels, refined } = network.flow.match(describe(first), describe(second), [first.shape[1], first.shape[2]], inputs);
      const errorAt = (flow: Tensor4D, level: number) => mean(abs(sub(mul(flow, PIXELS_PER_UNIT), avgPool(gt, 2 ** level, 2 ** level, 'valid')))) as Scalar;
      const endpoint = errorAt(refined, config.flow.finestLevel);
      return { total: add(endpoint, addN(levels.map(({ flow, level }) => mul(errorAt(flow, level), 0.5)))) as Scalar, endpoint };
    });
  };
}

/** The forward pass: every weight and `blurred` `[B, 5, S, S, 3]` to `image` `[B, S, S, 3]`, the middle frame. */
export function deblurStep(config: VideoDeblurConfig): (inputs: NamedTensors) => NamedTensors {
  const network = declareVideoDeblur(config);
  const margin = config.stages === 1 ? 1 : 0;
  return (inputs) => ({ image: network.deblur(timeSlices(inputs['blurred'] as Tensor5D).slice(margin, 5 - margin), inputs).image });
}

function lossAndGradients(inputs: NamedTensors, names: string[], termsOf: () => Record<string, Scalar> & { total: Scalar }): NamedTensors {
  const outputs: NamedTensors = {};
  const loss = () => {
    const terms = termsOf();
    for (const [term, value] of Object.entries(terms)) outputs[termName(term)] = keep(value);
    return terms.total;
  };
  const { grads } = engine().gradients(loss, names.map((name) => inputs[name]!));
  names.forEach((name, index) => (outputs[gradientName(name)] = (grads[index] as Tensor | undefined) ?? zerosLike(inputs[name]!)));
  return outputs;
}

/** `[B, 5, H, W, 3]` to five tensors `[B, H, W, 3]`. */
function timeSlices(frames: Tensor5D): Tensor4D[] {
  const [batch, count, height, width, channels] = frames.shape;
  return Array.from({ length: count }, (_, index) => reshape(slice(frames, [0, index, 0, 0, 0], [batch, 1, height, width, channels]), [batch, height, width, channels]));
}
