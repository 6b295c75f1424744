/**
 * A training step of the photo network (loss, gradients, clipping, Adam, averages) as `@unblur/trainer` runs
 * it, once for every line on standard input; see `startPeer`.
 *
 *   node training-step.js --engine onnxruntime|torch --run run.json --weights W.safetensors \
 *     --inputs I.safetensors --threads N
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs';
import { photoFamily, photoMultiple, readSafetensors } from '@unblur/core-model';
import { createEngineLearner, createTracedEngine, createTorchLearner, photoTask } from '@unblur/trainer';

const warmUpSteps = 2;

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: { engine: text, run: text, weights: text, inputs: text, threads: text },
});
const { objective, optimizer, emaDecay, batchSize, sizePixels } = JSON.parse(
  readFileSync(options.run, 'utf8'),
);
const { config, values: weights } = photoFamily.readWeights(readFileSync(options.weights));
const { tensors } = readSafetensors(readFileSync(options.inputs));
const batch = Object.fromEntries(Object.entries(tensors).map(([name, { values }]) => [name, values]));
const threads = Number(options.threads);

// The other graph, for validation, is not used: as small as it can be.
const task = photoTask(config, objective, { batchSize, sizePixels, validationSizePixels: photoMultiple });
const learner =
  options.engine === 'torch'
    ? await createTorchLearner(task, {
        torch: { precision: 'float32', channelsLast: true, compile: false },
        optimizer,
        emaDecay,
        processes: 1,
        threads,
      })
    : createEngineLearner(await createTracedEngine(task, { threads }), {
        groups: task.groups,
        optimizer,
        emaDecay,
      });
await learner.load({ weights });

let step = 0;
const runStep = () => learner.update(batch, [optimizer.learningRate], (step += 1));
const { terms, gradientNorm } = await runStep();
for (let index = 0; index < warmUpSteps; index++) await runStep();
console.log(JSON.stringify({ loss: terms.total, gradientNorm }));
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await runStep();
  console.log(JSON.stringify({ milliseconds: performance.now() - start }));
}
await learner.release();
