import { engine, keep, reshape, slice, zerosLike } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { blurToVideo, weightShapes } from '@unblur/core-model';
import type { BlurToVideoConfig, NamedTensors } from '@unblur/core-model';
import type { Batch } from './engine.js';
import { needsMotion, totalLoss } from './losses/total-loss.js';
import type { GroundTruth, LossConfig } from './losses/total-loss.js';

/** Names of a step's outputs: a loss term, and the gradient of one weight. */
export const termName = (term: string): string => `loss.${term}`;
export const gradientName = (weight: string): string => `gradient.${weight}`;
export const frameName = (frame: number): string => `frame.${frame}`;

/** Shapes of what a training step is given beside the weights. */
export function sampleShapes(network: BlurToVideoConfig, loss: LossConfig, batchSize: number, sizePixels: number): Record<string, number[]> {
  const image = [sizePixels, sizePixels];
  return {
    blurred: [batchSize, ...image, 3],
    frames: [batchSize, network.frames, ...image, 3],
    ...(needsMotion(loss) && { motionPixels: [batchSize, ...image, 2], motionKnown: [batchSize] }),
  };
}

/**
 * A batch as the inputs of a training step.
 * @throws if the loss needs the motion and the batch has none.
 */
export function sampleValues({ blurred, frames, motionPixels, motionKnown }: Batch, loss: LossConfig, batchSize: number): Record<string, Float32Array> {
  if (!needsMotion(loss)) return { blurred, frames };
  if (!motionPixels) throw new Error("Expected the motion of the samples, which 'loss.motion' and the canonical order need, but the data has none.");
  return { blurred, frames, motionPixels, motionKnown: motionKnown ?? new Float32Array(batchSize).fill(1) };
}

/**
 * One training step as a function of tensors alone, so that it can be traced to a graph or run eagerly.
 *
 * Inputs: every weight by its name, and the samples by the names of `sampleShapes`.
 * Outputs: every loss term, a scalar, by `termName`, and every weight's gradient of the total by `gradientName`.
 */
export function trainingStep(network: BlurToVideoConfig, loss: LossConfig): (inputs: NamedTensors) => NamedTensors {
  const names = Object.keys(weightShapes(network));
  const lossOf = lossStep(network, loss);
  return (inputs) => {
    const outputs: NamedTensors = {};
    const lossOfWeights = () => {
      const terms = lossOf(inputs);
      for (const [name, value] of Object.entries(terms)) outputs[name] = keep(value);
      return terms[termName('total')] as Scalar;
    };
    // `valueAndGrads` refuses weights without influence, which the decoder of a frame of weight 0 has.
    const { grads } = engine().gradients(lossOfWeights, names.map((name) => inputs[name]!));
    names.forEach((name, index) => (outputs[gradientName(name)] = (grads[index] as Tensor | undefined) ?? zerosLike(inputs[name]!)));
    return outputs;
  };
}

/** The forward half of a training step, for those who differentiate it themselves: the same inputs, and the loss terms alone. */
export function lossStep(network: BlurToVideoConfig, loss: LossConfig): (inputs: NamedTensors) => NamedTensors {
  return (inputs) => {
    const gt: GroundTruth = {
      frames: timeSlices(inputs['frames'] as Tensor5D),
      ...(needsMotion(loss) && { motionPixels: inputs['motionPixels'] as Tensor4D, motionKnown: inputs['motionKnown'] as Tensor1D }),
    };
    const terms = totalLoss(blurToVideo(inputs['blurred'] as Tensor4D, inputs, network), gt, loss);
    return Object.fromEntries(Object.entries(terms).map(([term, value]) => [termName(term), value]));
  };
}

/** The forward pass: inputs are every weight by its name and `blurred`; outputs are the full-size frames by `frameName`. */
export function restorationStep(network: BlurToVideoConfig): (inputs: NamedTensors) => NamedTensors {
  return (inputs) => {
    const { frames } = blurToVideo(inputs['blurred'] as Tensor4D, inputs, network);
    return Object.fromEntries(frames.map((levels, frame) => [frameName(frame), levels[0]!]));
  };
}

/** `[B, N, H, W, 3]` to N tensors `[B, H, W, 3]`. */
function timeSlices(frames: Tensor5D): Tensor4D[] {
  const [batch, count, height, width, channels] = frames.shape;
  return Array.from({ length: count }, (_, index) => reshape(slice(frames, [0, index, 0, 0, 0], [batch, 1, height, width, channels]), [batch, height, width, channels]));
}
