import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { readSafetensors } from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import {
  asPublished,
  flowTensors,
  forwardTensors,
  goldenWeights,
  gradientsOf,
  lossTensors,
  normsOf,
  weightOfKey,
} from './golden-cdvd-tsp.js';

const gradientLosses = ['gradFlow', 'gradOut', 'gradTrain'];
const lossInputs = ['frames', 'gt', 'hem.randomMask'];

/**
 * Recomputes a golden case of CDVD-TSP.
 *
 * @param {Uint8Array} bytes the case's `.safetensors` file
 * @param {{ engine: 'onnxruntime' | 'wasm', gradients: boolean }} options TensorFlow.js's `wasm` has no
 * gradient of filters, so no gradients
 * @returns the largest absolute difference per tensor, by its name in the file
 */
export async function compareCase(bytes, { engine, gradients }) {
  const { tensors: golden } = readSafetensors(bytes);
  const missing = lossInputs.filter((name) => !golden[name]);
  if (missing.length > 0) {
    throw new Error(
      `Expected a golden case of CDVD-TSP but the file has no tensor named ${missing.join(', ')}.`,
    );
  }
  const inputs = Object.fromEntries(lossInputs.map((name) => [name, golden[name]]));
  const weights = goldenWeights();
  const differences = { frames: 0, gt: 0, 'hem.randomMask': 0 };
  const compare = (computed) => {
    for (const [name, values] of Object.entries(computed)) {
      if (golden[name]) differences[name] = largestDifference(values, golden[name].values);
    }
  };
  const evaluate = engine === 'wasm' ? evaluateEagerly : evaluateTraced;
  compare(await evaluate(inputs, weights, forwardAndLosses));
  compare(await evaluate(inputs, weights, insideFlow));
  if (gradients && engine === 'onnxruntime') {
    for (const loss of gradientLosses) {
      compare(
        await evaluate(inputs, weights, (images, weightTensors) =>
          gradientTensors(loss, Object.keys(golden), images, weightTensors),
        ),
      );
    }
  }
  return Object.fromEntries(
    Object.keys(golden).flatMap((name) => (name in differences ? [[name, differences[name]]] : [])),
  );
}

function forwardAndLosses({ frames, gt, randomMask }, weights) {
  const { named, restored } = forwardTensors(frames, weights);
  return { ...named, ...lossTensors(restored, gt, randomMask).named };
}

function insideFlow({ frames }, weights) {
  const { named, flowPixels } = flowTensors(frames, weights);
  return { ...named, 'loss.flowSq': tf.mean(tf.square(flowPixels)) };
}

function gradientTensors(loss, namesInFile, { frames, gt }, weights) {
  const gradients = gradientsOf(loss, frames, gt, weights);
  const full = namesInFile.flatMap((name) => {
    const weight = name.startsWith(`${loss}.`) && weightOfKey(name.slice(loss.length + 1));
    return weight ? [[name, asPublished(gradients[weight])]] : [];
  });
  return { [`${loss}.norms`]: normsOf(gradients), ...Object.fromEntries(full) };
}

/** [1, N, 3, H, W] or [1, 1, H, W] in the file to images with channels last. */
function asImages({ frames, gt, 'hem.randomMask': randomMask }) {
  const split = (clip) => tf.unstack(tf.transpose(clip, [0, 1, 3, 4, 2]), 1);
  return { frames: split(frames), gt: split(gt), randomMask: tf.transpose(randomMask, [0, 2, 3, 1]) };
}

async function evaluateEagerly(inputs, weights, compute) {
  await tf.setBackend('wasm');
  const asTensors = (values) =>
    Object.fromEntries(
      Object.entries(values).map(([name, { values: data, shape }]) => [name, tf.tensor(data, shape)]),
    );
  const outputs = tf.tidy(() => compute(asImages(asTensors(inputs)), asTensors(weights)));
  const values = Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, tensor.dataSync()]),
  );
  tf.dispose(outputs);
  return values;
}

async function evaluateTraced(inputs, weights, compute) {
  const isWeight = (name) => name in weights;
  const everything = { ...inputs, ...weights };
  const signature = Object.fromEntries(
    Object.entries(everything).map(([name, { shape }]) => [name, { shape }]),
  );
  // Outputs may not be called like inputs, so they are numbered.
  let names;
  const graph = trace((tensors) => {
    const weightTensors = Object.fromEntries(Object.entries(tensors).filter(([name]) => isWeight(name)));
    const outputs = compute(asImages(tensors), weightTensors);
    names = Object.keys(outputs);
    return Object.fromEntries(Object.values(outputs).map((tensor, index) => [`output${index}`, tensor]));
  }, signature);
  const session = await createSession(graph);
  const values = await session.run(
    Object.fromEntries(Object.entries(everything).map(([name, tensor]) => [name, tensor.values])),
  );
  await session.release();
  return Object.fromEntries(names.map((name, index) => [name, values[`output${index}`]]));
}

function largestDifference(a, b) {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let index = 0; index < a.length; index++) {
    const difference = Math.abs(a[index] - b[index]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
