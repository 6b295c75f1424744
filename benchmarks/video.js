/**
 * `node benchmarks/video.js`: a clip deblurred frame after frame by this package, against the same network in
 * PyTorch window by window; and the memory that clips of 30 and of 300 frames take. See README.md.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { buildIfStale } from '../scripts/build.js';
import { medianRatio, medianTiming, timeInTurns, timeRun } from './alternating.js';
import { findAllocator, missingForPyTorch, startPyTorchPeer } from './pytorch-peer.js';

const requiredMarks = { speedup: 2.5, memoryGrowth: 1.05 };
/**
 * Of any value in a check. In use, where real flows end on the very edge of what is seen, single pixels count
 * as seen by one and not by the other: there of the root mean square, a tenth.
 */
const tolerance = 1e-3;
/** Parts of networks, by the first thing that they give. */
const partNames = {
  finest: 'describe',
  level1: 'describe',
  level2: 'describe',
  forward: 'match',
  image: 'restore',
};
const usage =
  'Usage: node benchmarks/video.js [--preset small|paper|clip] [--stages 2|1] [--width 640] [--height 352] [--repeats 10] [--threads 2] [--no-memory] [--json] | --check';

try {
  const options = readOptions();
  const missing = missingForPyTorch();
  if (missing) throw new Error(`${missing} Nothing was measured.`);
  buildIfStale(console.error);
  const folder = mkdtempSync(join(tmpdir(), 'unblur-bench-video-'));
  try {
    await measure(folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function readOptions() {
  const number = (name, text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) {
      throw new Error(`Expected a positive integer for --${name} but received '${text}'.\n${usage}`);
    }
    return value;
  };
  let values;
  try {
    const text = (value) => ({ type: 'string', default: value });
    const flag = { type: 'boolean', default: false };
    ({ values } = parseArgs({
      options: {
        preset: text('small'),
        stages: { type: 'string' },
        width: text('640'),
        height: text('352'),
        repeats: text('10'),
        threads: text('2'),
        'no-memory': flag,
        json: flag,
        check: flag,
      },
    }));
  } catch (error) {
    throw new Error(`${error.message}\n${usage}`, { cause: error });
  }
  const { preset, check, json } = values;
  // Passes of the clip network are stages of a cascade too; it is trained for one.
  values.stages ??= preset === 'clip' ? '1' : '2';
  const [stages, width, height, repeats, threads] = ['stages', 'width', 'height', 'repeats', 'threads'].map(
    (name) => number(name, values[name]),
  );
  // A check wants agreement at a small size, of `paper` one that the flow network resizes, and no figures.
  const [checkedWidth, checkedHeight] = preset === 'paper' ? [80, 48] : [96, 64];
  return check
    ? { preset, stages, json, threads, width: checkedWidth, height: checkedHeight, repeats: 0, memory: false }
    : { preset, stages, json, threads, width, height, repeats, memory: !values['no-memory'] };
}

async function measure(folder, { preset, stages, width, height, repeats, threads, memory, json }) {
  const { writeSafetensors } = await import('@unblur/core-model');
  const { createVideoDeblurrer } = await import('@unblur/restoration');
  const network = await chosenNetwork(preset, stages, { asInUse: repeats > 0 });
  const load = loadavg()[0];
  const files = {
    weights: join(folder, 'weights.safetensors'),
    inputs: join(folder, 'window.safetensors'),
    results: join(folder, 'frame.bin'),
  };
  const weights = network.family.writeWeights(network.values, network.config, { dtype: 'float32' });
  writeFileSync(files.weights, weights);
  const window = Array.from({ length: network.windowFrames }, (_, index) =>
    movingPicture(width, height, index),
  );
  const reach = (window.length - 1) / 2;
  const values = new Float32Array(window.length * window[0].length);
  window.forEach((frame, index) => values.set(frame, index * frame.length));
  writeFileSync(
    files.inputs,
    writeSafetensors({
      tensors: { frames: { dtype: 'F32', shape: [window.length, height, width, 3], values } },
      metadata: {},
    }),
  );

  // An endless clip that repeats the window.
  const endless = function* () {
    for (let index = 0; ; index++) yield { width, height, data: window[index % window.length] };
  };
  const engine = await timedEngine(threads);
  const sharp = createVideoDeblurrer({ weights, engine, windowsOnly: true }).deblur(endless());
  const ours = [];
  for (let index = 0; index <= reach; index++) ours.push((await sharp.next()).value);
  const peer = await startPyTorchPeer(
    ['--weights', files.weights, '--inputs', files.inputs, '--results', files.results],
    threads,
    'video_peer.py',
  );
  try {
    const theirs = new Float32Array(Uint8Array.from(readFileSync(files.results)).buffer);
    const difference = requireSame(ours[reach].data, theirs, window[reach], {
      everywhere: repeats === 0,
    });
    engine.forget();
    const timings = await timeInTurns(
      { ours: () => timeRun(() => sharp.next()), theirs: peer.time },
      repeats,
    );
    const memoryPeaks = memory ? measureMemory(folder, files.weights, width, height, threads) : undefined;
    report(
      {
        preset,
        width,
        height,
        threads,
        load,
        difference,
        timings,
        parts: engine.millisecondsOfParts(repeats),
        peer: peer.description,
        memoryPeaks,
        repeats,
      },
      json,
    );
  } finally {
    await sharp.return();
    await peer.stop();
  }
}

/** ONNX Runtime, with the time that each part of a network takes: what it gives names it. */
async function timedEngine(threads) {
  const { onnxRuntimeEngine } = await import('../packages/inference/dist/onnx-engine.js');
  const engine = onnxRuntimeEngine({ threads });
  const spent = {};
  return {
    ...engine,
    async open(computed) {
      const opened = await engine.open(computed);
      const part = partNames[Object.keys(opened.outputShapes)[0]] ?? 'all';
      return {
        ...opened,
        async run(inputs) {
          let outputs;
          const timing = await timeRun(async () => void (outputs = await opened.run(inputs)));
          spent[part] ??= { milliseconds: 0, processorMilliseconds: 0 };
          for (const quantity of Object.keys(timing)) spent[part][quantity] += timing[quantity];
          return outputs;
        },
      };
    },
    forget() {
      for (const part of Object.keys(spent)) delete spent[part];
    },
    millisecondsOfParts: (frames) =>
      Object.fromEntries(
        Object.entries(spent).map(([part, timing]) => [
          part,
          {
            milliseconds: timing.milliseconds / frames,
            processorMilliseconds: timing.processorMilliseconds / frames,
          },
        ]),
      ),
  };
}

/**
 * Busy weights, so that a comparison misses nothing. As in use: the bundled ones where they are of that
 * preset (stages share theirs), since how far flows reach decides what warping costs.
 */
async function chosenNetwork(preset, stages, { asInUse }) {
  const { clipFamily, clipFrames, clipPreset, videoDeblurFamily, videoDeblurPresets, windowFrames } =
    await import('@unblur/core-model');
  const { defaultVideoWeights } = await import('@unblur/weights/video');
  if (preset === 'clip') {
    const config = { ...clipPreset, passes: stages };
    const values = busyWeights(clipFamily.initialWeights(config, 1));
    // In use motion is found; random corrections of it would make of rounding another motion.
    const corrections = Object.keys(values).filter((name) => asInUse && /^motion\d\.correct/.test(name));
    for (const name of corrections) values[name].values.fill(0);
    return { family: clipFamily, config, values, windowFrames: clipFrames(config) };
  }
  const config = videoDeblurPresets[preset] && { ...videoDeblurPresets[preset], stages };
  if (!config) {
    throw new Error(
      `Expected one of ${[...Object.keys(videoDeblurPresets), 'clip'].join(', ')} for --preset but received '${preset}'.\n${usage}`,
    );
  }
  const bundled = videoDeblurFamily.readWeights(readFileSync(defaultVideoWeights.url));
  const isBundled = asInUse && isDeepStrictEqual({ ...bundled.config, stages }, config);
  return {
    family: videoDeblurFamily,
    config,
    values: isBundled ? bundled.values : busyWeights(videoDeblurFamily.initialWeights(config, 1)),
    windowFrames: windowFrames(config),
  };
}

/** Starting weights with their zeros filled, so that every part of the network does something. */
function busyWeights(weights) {
  let state = 12345;
  const uniform = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x7fffffff;
  for (const [name, { shape, values }] of Object.entries(weights)) {
    if (name.endsWith('.bias') || values.some((value) => value !== 0)) continue;
    const bound = 0.1 * Math.sqrt(6 / (values.length / shape.at(-1)));
    for (let index = 0; index < values.length; index++) values[index] = bound * (2 * uniform() - 1);
  }
  return weights;
}

/** Blotches of chance, large and small, that move to the right: nothing counts as still, or looks like another. */
function movingPicture(width, height, index) {
  const values = new Float32Array(width * height * 3);
  for (let y = 0, place = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let colour = 0; colour < 3; colour++) {
        values[place++] =
          0.1 + 0.3 * blotches(x - 3 * index, y, 29, colour) + 0.5 * blotches(x - 3 * index, y, 9, colour);
      }
    }
  }
  return values;
}

/** Numbers in [0, 1] at the corners of cells, and between them smoothly. */
function blotches(x, y, cellPixels, seed) {
  const chance = (column, row) => {
    const mixed = Math.sin(12.9898 * column + 78.233 * row + 37.719 * seed) * 43758.5453;
    return mixed - Math.floor(mixed);
  };
  const [column, row] = [Math.floor(x / cellPixels), Math.floor(y / cellPixels)];
  const [across, down] = [x / cellPixels - column, y / cellPixels - row];
  const along = (at) => (1 - across) * chance(column, at) + across * chance(column + 1, at);
  return (1 - down) * along(row) + down * along(row + 1);
}

function requireSame(ours, theirs, blurred, { everywhere }) {
  let [difference, squares, change] = [0, 0, 0];
  for (let index = 0; index < ours.length; index++) {
    const error = Math.abs(ours[index] - theirs[index]);
    squares += error ** 2;
    difference = Math.max(difference, error);
    change = Math.max(change, Math.abs(ours[index] - blurred[index]));
  }
  const rootMeanSquare = Math.sqrt(squares / ours.length);
  // Written so that NaN fails too.
  if (everywhere && !(difference <= tolerance)) {
    throw new Error(
      `Expected the same frame from both within ${tolerance} but they differ by ${difference}: the PyTorch network is not this one.`,
    );
  }
  if (!(rootMeanSquare <= tolerance / 10)) {
    throw new Error(
      `Expected the same frame from both to ${tolerance / 10} in the mean but they differ by ${rootMeanSquare}: the PyTorch network is not this one.`,
    );
  }
  if (change < 10 * tolerance) {
    throw new Error(
      `Expected a frame that differs from the blurred one but it is within ${change} of it: nothing was compared.`,
    );
  }
  return difference;
}

/** The largest resident memory of `unblur video` on clips of 30 and 300 frames, in MiB. */
function measureMemory(folder, weights, width, height, threads) {
  const bin = fileURLToPath(new URL('../packages/cli/bin/unblur.js', import.meta.url));
  return Object.fromEntries(
    [30, 300].map((frames) => {
      const [clip, out] = [join(folder, `${frames}.mp4`), join(folder, `${frames}-sharp.mp4`)];
      run('ffmpeg', [
        '-v',
        'error',
        '-y',
        '-f',
        'lavfi',
        '-i',
        `testsrc2=size=${width}x${height}:rate=25:duration=${frames / 25}`,
        '-c:v',
        'libx264',
        '-pix_fmt',
        'yuv420p',
        clip,
      ]);
      const watcher = `process.argv.splice(1, 0, ''); process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS)); await import(${JSON.stringify(new URL('../packages/cli/dist/index.js', import.meta.url).href)}).then(({ main }) => main(process.argv.slice(2)));`;
      const { stderr } = run(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          watcher,
          '--',
          'video',
          clip,
          '--out',
          out,
          '--weights',
          weights,
          '--threads',
          String(threads),
        ],
        dirname(bin),
      );
      return [frames, Number(/peak (\d+)/.exec(stderr)[1]) / 1024];
    }),
  );
}

function run(program, commandLine, cwd) {
  const result = spawnSync(program, commandLine, { encoding: 'utf8', cwd });
  if (result.status !== 0) throw new Error(`${program} failed: ${result.error?.message ?? result.stderr}`);
  return result;
}

function report(
  { preset, width, height, threads, load, difference, timings, parts, peer, memoryPeaks, repeats },
  json,
) {
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${threads} threads, load ${load.toFixed(1)}`;
  const allocator = findAllocator() ? 'tcmalloc' : "the system's allocator";
  if (json) {
    console.log(
      JSON.stringify({
        machine,
        allocator,
        marks: requiredMarks,
        preset,
        width,
        height,
        threads,
        difference,
        timings,
        parts,
        memoryPeaksMib: memoryPeaks,
      }),
    );
    return;
  }
  console.log(`${machine}; PyTorch ${peer.torch} eager with ${allocator}, ${peer.layout}`);
  console.log(`The same network: frames differ by at most ${difference.toExponential(1)}.`);
  if (repeats === 0) return;
  const verdict = (holds) => (holds ? 'met' : 'missed');
  const [ours, theirs] = [medianTiming(timings.ours), medianTiming(timings.theirs)];
  const speedup = medianRatio(timings.theirs, timings.ours);
  const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(2)} s`;
  console.log(
    `${preset}, ${width}x${height}: ${(1000 / ours.milliseconds).toFixed(2)} frames/s, PyTorch window by window ${(1000 / theirs.milliseconds).toFixed(2)} (medians of ${repeats} frames in turn)`,
  );
  console.log(
    `${speedup.milliseconds.toFixed(2)} times as fast, the median over pairs (at least ${requiredMarks.speedup}: ${verdict(speedup.milliseconds >= requiredMarks.speedup)})`,
  );
  console.log(
    `processor time of a frame: ${seconds(ours.processorMilliseconds)}, PyTorch ${seconds(theirs.processorMilliseconds)}; ${speedup.processorMilliseconds.toFixed(2)} times as much`,
  );
  console.log(
    `of a frame: ${Object.entries(parts)
      .map(
        ([part, { milliseconds, processorMilliseconds }]) =>
          `${part} ${seconds(milliseconds)} (${seconds(processorMilliseconds)} of processor time)`,
      )
      .join(', ')}`,
  );
  if (!memoryPeaks) return;
  const growth = memoryPeaks[300] / memoryPeaks[30];
  console.log(
    `peak memory: ${memoryPeaks[30].toFixed(0)} MiB for 30 frames, ${memoryPeaks[300].toFixed(0)} MiB for 300: ${growth.toFixed(3)} (at most ${requiredMarks.memoryGrowth}: ${verdict(growth <= requiredMarks.memoryGrowth)})`,
  );
}
