/**
 * `npm run bench`: this package against the same network in PyTorch, and synthesis against training. See
 * README.md.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../scripts/build.js';
import { median, medianRatio, medianTiming } from './alternating.js';
import { findAllocator, missingForPyTorch } from './pytorch-peer.js';
import { printTable } from './table.js';

const workspaceRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const recipe = join(workspaceRoot, 'training', 'photo-on-a-processor.yaml');
const weightsFile = join(workspaceRoot, 'packages', 'weights', 'files', 'photo.safetensors');
const requiredMarks = {
  restoration: 1,
  restorationInt8: 0.75,
  restorationMegabytes: 650,
  training: 1.1,
  interpreter: 1.05,
};
const idleLoad = 0.5;
const parts = ['restore', 'train'];
const usage = `Usage: npm run bench -- [--part ${parts.join('|')}] [--width 640] [--height 360] [--frames 7] [--repeats 15] [--threads 2] [--json] | --check`;

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
  const number = (value) => ({ type: 'string', default: String(value) });
  const numbers = {
    width: number(640),
    height: number(360),
    frames: number(7),
    repeats: number(15),
    threads: number(2),
  };
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        part: { type: 'string' },
        ...numbers,
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new Error(`${error.message}\n${usage}`, { cause: error });
  }
  const { part, check, json } = values;
  if (part !== undefined && !parts.includes(part)) {
    throw new Error(`Expected ${parts.join(' or ')} for --part but received '${part}'.\n${usage}`);
  }
  const [width, height, frames, repeats, threads] = Object.keys(numbers).map((name) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) {
      throw new Error(`Expected a positive integer for --${name} but received '${values[name]}'.\n${usage}`);
    }
    return value;
  });
  return { part, check, json, width, height, frames, repeats, threads };
}

/**
 * The network and one training step at a small size: both sides compute the same. Says nothing about time.
 */
async function checkSameNetwork(folder, { frames, threads, part }) {
  if (part !== 'train') {
    const { comparePhotoNetworks } = await import('./restoration.js');
    const differences = await comparePhotoNetworks({
      weightsFile,
      width: 96,
      height: 64,
      frames,
      threads,
      folder,
    });
    console.log(
      `photo network: the same frames, the middle one among them (to ${differences.frames.toExponential(1)} in [0, 1]), and the same trajectory (to ${differences.trajectoryPixels.toExponential(1)} pixels)`,
    );
  }
  if (part !== 'restore') {
    const { compareTraining } = await import('./training.js');
    const { difference, gradientDifference } = await compareTraining({
      run: await readRecipe(),
      weightsFile,
      sizePixels: 64,
      batchSize: 2,
      repeats: 0,
      threads,
      folder,
    });
    console.log(
      `training step: the same loss (to ${difference.toExponential(1)} of it) and the same norm of the gradient (to ${gradientDifference.toExponential(1)})`,
    );
  }
}

async function measure(folder, { part, width, height, frames, repeats, threads }) {
  const load = loadavg()[0];
  if (load > idleLoad) {
    console.error(`The machine is busy (load ${load.toFixed(1)}): other work takes part in what follows.`);
  }
  const results = { load };
  if (part !== 'train') {
    const { compareRestoration } = await import('./restoration.js');
    console.error(`Restoring ${width}x${height} to ${frames} frames ...`);
    results.restoration = await compareRestoration({
      weightsFile,
      width,
      height,
      frames,
      repeats,
      threads,
      folder,
    });
  }
  if (part !== 'restore') {
    const { compareTraining } = await import('./training.js');
    const { choosePanoramaFolder, measureSynthesis, panoramasOf } = await import('./synthesis.js');
    const run = await readRecipe();
    const { batchSize, frames: trainedFrames, data } = run;
    console.error('Training steps ...');
    results.training = await compareTraining({
      run,
      weightsFile,
      sizePixels: data.sizePixels,
      batchSize,
      repeats,
      threads,
      folder,
    });
    results.trainedShapes = { batchSize, sizePixels: data.sizePixels, frames: trainedFrames };
    console.error('Synthesis, alone and beside training ...');
    const generated = join(folder, 'panoramas');
    mkdirSync(generated);
    const sharedFolder = process.env.UNBLUR_SHARED ?? join(workspaceRoot, '..', 'shared');
    const { panoramaFolder, panoramas } = await choosePanoramaFolder(
      [
        ...panoramasOf(data).map(({ folder: trained }) => trained),
        join(sharedFolder, 'data', 'panoramas', 'train'),
      ],
      generated,
    );
    const synthesis = await measureSynthesis({ run, steps: 2 * repeats, threads, panoramaFolder });
    results.synthesis = { ...synthesis, panoramas, workers: data.workers };
  }
  return results;
}

async function readRecipe() {
  const { loadPhotoRun } = await import('@unblur/trainer');
  return loadPhotoRun(recipe);
}

function report(results, options, json) {
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${options.threads} threads, Node ${process.versions.node}`;
  const allocator = findAllocator()
    ? 'tcmalloc'
    : "the system's allocator: tcmalloc is not installed (Debian: google-perftools)";
  if (json) {
    console.log(JSON.stringify({ machine, allocator, marks: requiredMarks, ...options, ...results }));
    return;
  }
  const { restoration, training, synthesis } = results;
  console.log(`${machine}; PyTorch ${(restoration ?? training).peer.torch} eager with ${allocator}`);
  console.log(`Medians of ${options.repeats} runs in turn, of the ratios too.\n`);
  printTable([
    ['', 'this package', 'PyTorch by hand', 'ratio', 'of processor time', 'mark'],
    ...(restoration
      ? [
          comparisonRow(
            `restore ${options.width}x${options.height} to ${options.frames} frames`,
            restoration.timings.ours,
            restoration.timings.theirs,
            requiredMarks.restoration,
          ),
          comparisonRow(
            `the same in 8-bit integers, alike to ${restoration.likenessInt8.toFixed(1)} dB`,
            restoration.timings.oursInt8,
            restoration.timings.theirs,
            requiredMarks.restorationInt8,
          ),
        ]
      : []),
    ...(training ? trainingRows(results) : []),
  ]);
  if (restoration) reportRestoration(restoration);
  if (training) reportTraining(training);
  if (synthesis) {
    console.log(
      `\nSynthesis alone, ${synthesis.workers} worker, ${synthesis.panoramas}: ${synthesis.samplesPerSecond.toFixed(1)} samples/s. ` +
        `Training beside it takes ${synthesis.consumedPerSecond.toFixed(1)} samples/s and waits ${(100 * synthesis.waitedShare).toFixed(1)} % of its time for samples.`,
    );
  }
}

function comparisonRow(what, ours, theirs, mark) {
  const { milliseconds: ratio, processorMilliseconds: processorRatio } = medianRatio(ours, theirs);
  const times = [medianTiming(ours), medianTiming(theirs)].map(
    ({ milliseconds }) => `${milliseconds.toFixed(0)} ms`,
  );
  return [
    what,
    ...times,
    ratio.toFixed(2),
    processorRatio.toFixed(2),
    `at most ${mark}: ${verdict(ratio <= mark)}`,
  ];
}

function trainingRows({ training: { timings }, trainedShapes: { batchSize, sizePixels, frames } }) {
  const step = `training step, ${batchSize} crops ${sizePixels}x${sizePixels}, ${frames} frames`;
  return [
    comparisonRow(`${step}, ONNX Runtime`, timings.onnxruntime, timings.handwritten, requiredMarks.training),
    comparisonRow(
      `${step}, PyTorch through the graph`,
      timings.interpreter,
      timings.handwritten,
      requiredMarks.interpreter,
    ),
  ];
}

function reportRestoration({
  timings,
  difference,
  peakMemoryBytes,
  convolutionGflop,
  matrixGflop,
  firstMilliseconds,
  peer,
}) {
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  const rate = (gflop, timing) => gflop / (medianTiming(timing).milliseconds / 1000);
  const products = { 'ONNX Runtime': timings.productOnnxRuntime, PyTorch: timings.productPyTorch };
  const fasterProduct = Object.values(products).reduce((fast, timing) =>
    medianTiming(timing).milliseconds < medianTiming(fast).milliseconds ? timing : fast,
  );
  // Round by round, so that a slow moment of the machine meets both.
  const shareOfProduct = (timing) =>
    median(
      timing.map(
        ({ milliseconds }, round) =>
          convolutionGflop / milliseconds / (matrixGflop / fasterProduct[round].milliseconds),
      ),
    );
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  console.log(
    `\nPeak memory of restoring: this package ${megabytes(peakMemoryBytes.ours)} (at most ${requiredMarks.restorationMegabytes} MB: ${verdict(peakMemoryBytes.ours <= 1e6 * requiredMarks.restorationMegabytes)}), ${megabytes(peakMemoryBytes.oursInt8)} in integers, PyTorch ${megabytes(peakMemoryBytes.theirs)}.`,
  );
  console.log(
    `From nothing to the first frames, weights read and network traced: ${(firstMilliseconds / 1000).toFixed(1)} s.`,
  );
  console.log(
    `The convolutions are ${convolutionGflop.toFixed(0)} GFLOP: ${rate(convolutionGflop, timings.ours).toFixed(0)} GFLOP/s here, ${rate(convolutionGflop, timings.theirs).toFixed(0)} in PyTorch, all else included. ` +
      `A large matrix product has ${Object.entries(products)
        .map(([name, timing]) => `${rate(matrixGflop, timing).toFixed(0)} (${name})`)
        .join(' and ')}: ` +
      `this package restores at ${percent(shareOfProduct(timings.ours))} of the faster one's rate, PyTorch at ${percent(shareOfProduct(timings.theirs))}.`,
  );
  console.log(
    `The same network: frames differ by at most ${difference.toExponential(1)}. PyTorch ran in the fastest of its ways: ${describeWays(peer)}.`,
  );
}

function reportTraining({ peakMemoryBytes, difference, gradientDifference, peer }) {
  const titles = {
    'ONNX Runtime': 'onnxruntime',
    'PyTorch through the graph': 'interpreter',
    'PyTorch by hand': 'handwritten',
  };
  console.log(
    `\nPeak memory of training: ${Object.entries(titles)
      .map(([title, name]) => `${title} ${(peakMemoryBytes[name] / 1e6).toFixed(0)} MB`)
      .join(', ')}.`,
  );
  console.log(
    `The same step: losses differ by ${difference.toExponential(1)} of the loss, norms of the gradient by ${gradientDifference.toExponential(1)}. PyTorch ran in the fastest of its ways: ${describeWays(peer)}.`,
  );
}

function verdict(holds) {
  return holds ? 'met' : 'missed';
}

function describeWays({ wayMilliseconds }) {
  return Object.entries(wayMilliseconds)
    .map(([way, milliseconds]) => `${way} ${milliseconds.toFixed(0)} ms`)
    .join('; ');
}
