/**
 * `npm run bench`: this package against the same network in PyTorch, and synthesis against training. See README.md.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../scripts/build.js';
import { medianRatio, medianTiming } from './alternating.js';
import { findAllocator, missingForPyTorch } from './pytorch-peer.js';
import { printTable } from './table.js';

const workspaceRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const recipe = join(workspaceRoot, 'training', 'photo-7-small-4-frames.yaml');
const presets = ['paper', 'base', 'small'];
const MARKS = { restoration: 0.7, training: 1.1, interpreter: 1.05 };
const IDLE_LOAD = 0.5;
const usage = `Usage: npm run bench -- [--preset base|small|paper] [--size 256] [--repeats 15] [--threads 2] [--json] | --check`;

try {
  const { check, json, ...options } = readOptions();
  const missing = missingForPyTorch();
  if (missing) throw new Error(`${missing} Nothing was measured.`);
  buildIfStale(console.error);
  const folder = mkdtempSync(join(tmpdir(), 'unblur-bench-'));
  try {
    if (check) await checkSameNetwork(folder, options);
    else report(await measure(folder, options), options, json);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        preset: { type: 'string', default: 'base' },
        size: { type: 'string', default: '256' },
        repeats: { type: 'string', default: '15' },
        threads: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new Error(`${error.message}\n${usage}`, { cause: error });
  }
  const { preset, check, json } = values;
  if (!presets.includes(preset)) throw new Error(`Expected one of ${presets.join(', ')} for --preset but received '${preset}'.\n${usage}`);
  const [sizePixels, repeats, threads] = ['size', 'repeats', 'threads'].map((name) => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 1) throw new Error(`Expected a positive integer for --${name} but received '${values[name]}'.\n${usage}`);
    return number;
  });
  return { preset, check, json, sizePixels, repeats, threads };
}

/** All presets and one training step at a small size: both sides compute the same. Says nothing about time. */
async function checkSameNetwork(folder, { threads }) {
  const { blurToVideoPresets } = await import('@unblur/core-model');
  const { compareRestoration } = await import('./restoration.js');
  const { compareTraining } = await import('./training.js');
  for (const preset of presets) {
    const { difference } = await compareRestoration({ config: blurToVideoPresets[preset], sizePixels: 64, repeats: 0, threads, folder });
    console.log(`${preset}: the same frames; the largest difference of a value in [0, 1] is ${difference.toExponential(1)}`);
  }
  const { difference, gradientDifference } = await compareTraining({ run: await readRecipe(), sizePixels: 64, batchSize: 2, repeats: 0, threads, folder });
  console.log(`training step: the same loss (to ${difference.toExponential(1)} of it) and the same norm of the gradient (to ${gradientDifference.toExponential(1)})`);
}

async function measure(folder, { preset, sizePixels, repeats, threads }) {
  const load = loadavg()[0];
  if (load > IDLE_LOAD) console.error(`The machine is busy (load ${load.toFixed(1)}): other work takes part in what follows.`);
  const { blurToVideoPresets } = await import('@unblur/core-model');
  const { compareRestoration } = await import('./restoration.js');
  const { compareTraining } = await import('./training.js');
  const { choosePanoramaFolder, measureSynthesis, panoramasOf } = await import('./synthesis.js');
  const run = await readRecipe();

  console.error(`Restoring ${sizePixels}x${sizePixels}, preset ${preset} ...`);
  const restoration = await compareRestoration({ config: blurToVideoPresets[preset], sizePixels, repeats, threads, folder });
  console.error('Training steps ...');
  const training = await compareTraining({ run, sizePixels: run.data.sizePixels, batchSize: run.batchSize, repeats, threads, folder });
  console.error('Synthesis, alone and beside training ...');
  const generated = join(folder, 'panoramas');
  mkdirSync(generated);
  const sharedFolder = process.env.UNBLUR_SHARED ?? join(workspaceRoot, '..', 'shared');
  const { panoramaFolder, panoramas } = await choosePanoramaFolder([...panoramasOf(run.data).map(({ folder: trained }) => trained), join(sharedFolder, 'data', 'panoramas', 'train')], generated);
  const synthesis = await measureSynthesis({ run, steps: 2 * repeats, threads, panoramaFolder });
  const { batchSize, network, data } = run;
  return { restoration, training, trainedShapes: { batchSize, sizePixels: data.sizePixels, frames: network.frames }, synthesis: { ...synthesis, panoramas, workers: data.workers }, restoredFrames: blurToVideoPresets[preset].frames, load };
}

async function readRecipe() {
  const { loadRunConfig } = await import('@unblur/trainer');
  return loadRunConfig(recipe);
}

function report(results, { preset, sizePixels, threads }, json) {
  const { restoration, training, trainedShapes, synthesis, restoredFrames } = results;
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${threads} threads, Node ${process.versions.node}`;
  const allocator = findAllocator() ? 'tcmalloc' : "the system's allocator: tcmalloc is not installed (Debian: google-perftools)";
  if (json) {
    console.log(JSON.stringify({ machine, allocator, marks: MARKS, preset, sizePixels, threads, ...results }));
    return;
  }
  const milliseconds = (value) => `${value.toFixed(0)} ms`;
  const row = (what, ours, theirs, mark) => {
    const { milliseconds: ratio, processorMilliseconds: processorRatio } = medianRatio(ours, theirs);
    const times = [medianTiming(ours), medianTiming(theirs)].map((timing) => milliseconds(timing.milliseconds));
    return [what, ...times, ratio.toFixed(2), processorRatio.toFixed(2), `at most ${mark}: ${ratio <= mark ? 'met' : 'missed'}`];
  };
  const { batchSize, sizePixels: cropPixels, frames } = trainedShapes;
  const { onnxruntime, interpreter, handwritten } = training.timings;
  const step = `training step, ${batchSize} crops ${cropPixels}x${cropPixels}, ${frames} frames`;
  console.log(`${machine}; PyTorch ${restoration.peer.torch} eager with ${allocator}`);
  console.log(`Medians of ${onnxruntime.length} runs in turn, of the ratios too.\n`);
  printTable([
    ['', 'this package', 'PyTorch by hand', 'ratio', 'of processor time', 'mark'],
    row(`restore ${sizePixels}x${sizePixels} to ${restoredFrames} frames, ${preset}`, restoration.timings.ours, restoration.timings.theirs, MARKS.restoration),
    row(`${step}, ONNX Runtime`, onnxruntime, handwritten, MARKS.training),
    row(`${step}, PyTorch through the graph`, interpreter, handwritten, MARKS.interpreter),
  ]);
  const memory = Object.entries({ 'ONNX Runtime': 'onnxruntime', 'PyTorch through the graph': 'interpreter', 'PyTorch by hand': 'handwritten' });
  console.log(`\nPeak memory of training: ${memory.map(([title, name]) => `${title} ${(training.peakMemoryBytes[name] / 2 ** 20).toFixed(0)} MiB`).join(', ')}.`);
  console.log(`The same network: frames differ by at most ${restoration.difference.toExponential(1)}, the loss by ${training.difference.toExponential(1)} of it.`);
  console.log(`PyTorch ran in its faster layout: ${describeLayouts(restoration.peer)} (restore); ${describeLayouts(training.peer)} (training).`);
  console.log(
    `Synthesis alone, ${synthesis.workers} worker, ${synthesis.panoramas}: ${synthesis.samplesPerSecond.toFixed(1)} samples/s. ` +
      `Training beside it takes ${synthesis.consumedPerSecond.toFixed(1)} samples/s and waits ${(100 * synthesis.waitedShare).toFixed(1)} % of its time for samples.`,
  );
}

function describeLayouts({ layoutMilliseconds }) {
  return Object.entries(layoutMilliseconds).map(([layout, milliseconds]) => `${layout} ${milliseconds.toFixed(0)} ms`).join(', ');
}
