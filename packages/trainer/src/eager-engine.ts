import { dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Rank } from '@tensorflow/tfjs-core';
import { weightShapes } from '@unblur/core-model';
import type { BlurToVideoConfig, NamedTensors, WeightValues } from '@unblur/core-model';
import type { Engine, EngineShapes } from './engine.js';
import type { LossConfig } from './losses/total-loss.js';
import { frameName, gradientName, restorationStep, sampleShapes, sampleValues, termName, trainingStep } from './training-step.js';

/** The same step run op by op on the active TensorFlow.js backend: slow on `cpu`, and the oracle of the other engines. */
export function createEagerEngine(network: BlurToVideoConfig, loss: LossConfig, { batchSize, sizePixels, validationSizePixels }: EngineShapes): Engine {
  const step = trainingStep(network, loss);
  const restoration = restorationStep(network);
  const names = Object.keys(weightShapes(network));
  const weightTensors = (weights: WeightValues) => Object.fromEntries(names.map((name) => [name, tensor(weights[name]!.values, weights[name]!.shape as [number])]));
  const run = async (fn: () => NamedTensors): Promise<Record<string, Float32Array>> => {
    const outputs = tidy(fn);
    const values = await Promise.all(Object.entries(outputs).map(async ([name, output]) => [name, (await output.data<'float32'>()).slice()] as const));
    dispose(outputs);
    return Object.fromEntries(values);
  };

  return {
    lossAndGradients: async (weights, batch) => {
      const values = sampleValues(batch, loss, batchSize);
      const shapes = sampleShapes(network, loss, batchSize, sizePixels);
      const outputs = await run(() => step({ ...weightTensors(weights), ...Object.fromEntries(Object.entries(values).map(([name, flat]) => [name, tensor(flat, shapes[name])])) }));
      const prefix = termName('');
      return {
        terms: Object.fromEntries(Object.entries(outputs).flatMap(([name, values]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), values[0]!]] : []))),
        gradients: Object.fromEntries(names.map((name) => [name, outputs[gradientName(name)]!])),
      };
    },
    restore: async (weights, blurred) => {
      const outputs = await run(() => restoration({ ...weightTensors(weights), blurred: tensor<Rank.R4>(blurred, [1, validationSizePixels, validationSizePixels, 3]) }));
      return Array.from({ length: network.frames }, (_, frame) => outputs[frameName(frame)]!);
    },
    release: async () => {},
  };
}
