import { getGradient } from '@tensorflow/tfjs-core';
import { weightShapes } from '@unblur/core-model';
import type { BlurToVideoConfig, WeightValues } from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import type { Signature } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import type { Engine, EngineShapes } from './engine.js';
import type { LossConfig } from './losses/total-loss.js';
import { frameName, gradientName, restorationStep, sampleShapes, sampleValues, termName, trainingStep } from './training-step.js';

/**
 * The default engine: the training step, gradients included, traced once to an ONNX graph and run by ONNX Runtime.
 *
 * @param options.threads processor threads that ONNX Runtime may use.
 * @throws if TensorFlow.js's gradients are not registered.
 */
export async function createTracedEngine(network: BlurToVideoConfig, loss: LossConfig, shapes: EngineShapes, options: { threads: number }): Promise<Engine> {
  if (!getGradient('Conv2D')) throw new Error("Expected the gradients of TensorFlow.js to be registered but they are not; import '@tensorflow/tfjs' once in the application.");
  const { batchSize, sizePixels, validationSizePixels } = shapes;
  const names = Object.keys(weightShapes(network));
  const weightSignature: Signature = Object.fromEntries(Object.entries(weightShapes(network)).map(([name, shape]) => [name, { shape }]));
  const stepGraph = trace(trainingStep(network, loss), {
    ...weightSignature,
    ...Object.fromEntries(Object.entries(sampleShapes(network, loss, batchSize, sizePixels)).map(([name, shape]) => [name, { shape }])),
  });
  const terms = Object.keys(stepGraph.outputs).filter((name) => name.startsWith(termName(''))).map((name) => name.slice(termName('').length));
  const stepSession = await createSession(stepGraph, { ...options, outputSets: 1 });
  const restorationSession = await createSession(
    trace(restorationStep(network), { ...weightSignature, blurred: { shape: [1, validationSizePixels, validationSizePixels, 3] } }),
    options,
  );
  const feedsOf = (weights: WeightValues) => Object.fromEntries(names.map((name) => [name, weights[name]!.values]));

  return {
    lossAndGradients: async (weights, batch) => {
      const outputs = await stepSession.run({ ...feedsOf(weights), ...sampleValues(batch, loss, batchSize) });
      return {
        terms: Object.fromEntries(terms.map((term) => [term, outputs[termName(term)]![0]!])),
        gradients: Object.fromEntries(names.map((name) => [name, outputs[gradientName(name)] as Float32Array])),
      };
    },
    restore: async (weights, blurred) => {
      const outputs = await restorationSession.run({ ...feedsOf(weights), blurred });
      return Array.from({ length: network.frames }, (_, frame) => outputs[frameName(frame)] as Float32Array);
    },
    release: async () => {
      await stepSession.release();
      await restorationSession.release();
    },
  };
}
