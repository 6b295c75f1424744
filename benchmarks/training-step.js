/**
 * A training step (loss, gradients, clipping, Adam, averages) as `@unblur/trainer` runs it, once for every line on standard input; see `startPeer`.
 *
 *   node training-step.js --engine onnxruntime|torch --run run.json --weights W.safetensors --inputs I.safetensors --threads N
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs';
import { readSafetensors, readWeights } from '@unblur/core-model';
import { blurToVideoTask, createEngineLearner, createTracedEngine, createTorchLearner } from '@unblur/trainer';

const WARM_UP_STEPS = 2;

const text = { type: 'string' };
const { values: options } = parseArgs({ options: { engine: text, run: text, weights: text, inputs: text, threads: text } });
const { network, loss, optimizer, emaDecay, batchSize, sizePixels } = JSON.parse(readFileSync(options.run, 'utf8'));
const { tensors } = readSafetensors(readFileSync(options.inputs));
const batch = Object.fromEntries(Object.entries(tensors).map(([name, { values }]) => [name, values]));
const threads = Number(options.threads);

// The other graph, for validation, is not used: as small as it can be.
const task = blurToVideoTask(network, loss, { batchSize, sizePixels, validationSizePixels: 32 });
const learner =
  options.engine === 'torch'
    ? await createTorchLearner(task, { torch: { precision: 'float32', channelsLast: true, compile: false }, optimizer, emaDecay, processes: 1, threads })
    : createEngineLearner(await createTracedEngine(task, { threads }), { groups: task.groups, optimizer, emaDecay });
await learner.load({ weights: readWeights(readFileSync(options.weights)).values });

let step = 0;
const runStep = () => learner.update(batch, [optimizer.learningRate], (step += 1));
const { terms, gradientNorm } = await runStep();
for (let index = 0; index < WARM_UP_STEPS; index++) await runStep();
console.log(JSON.stringify({ loss: terms.total, gradientNorm }));
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await runStep();
  console.log(JSON.stringify({ milliseconds: performance.now() - start }));
}
await learner.release();
